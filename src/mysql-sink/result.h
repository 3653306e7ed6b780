#ifndef RESULT_H
#define RESULT_H
/* How a step on the way to the target ended, in the parts of exec.h. */

enum exec_result {
	EXEC_OK,
	EXEC_TROUBLE, /* some row of the packet has a problem: look at them one by one */
	EXEC_AGAIN,   /* connection lost, deadlock, ...: the transaction may succeed the next time */
	EXEC_STOP     /* the message is printed, code is set */
};

#endif
