#ifndef LISTEN_H
#define LISTEN_H
/*
 * Between the process that takes connections and those that serve them, one
 * each: messages of one letter, some with a text, on a pair of sockets (SOCK_SEQPACKET). End of file
 * says that the other process is no more.
 */

#define LISTEN_ASK 'A'	  /* with who it is: may this one have a stream? */
#define LISTEN_YES 'Y'	  /* the answer */
#define LISTEN_NO 'N'	  /* too many have one */
#define LISTEN_STOP 'S'	  /* the service ends: let the command end its stream */
#define LISTEN_NOT_IT 'F' /* with a text: no stream, and why */
#define LISTEN_TEXT_MAX 400

#endif
