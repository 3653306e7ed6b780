#ifndef MSG_H
#define MSG_H
/*
 * What a program says to people: one line a message on stderr, written with one
 * write(2), "name: error: text". No time stamps, no full stop, lower case.
 * Control characters in what is printed are shown as escapes.
 */

enum msg_level { MSG_ERROR, MSG_WARN, MSG_INFO, MSG_DEBUG };

void msg_init(const char *progname); /* borrowed for the life of the process */
const char *msg_name(void);
void msg_more(void); /* -v: once shows MSG_INFO, twice MSG_DEBUG */
int msg_shows(enum msg_level level);

void msg_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void msg_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void msg_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void msg_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* An error, said once: several threads find it out side by side. */
void msg_no_memory(void);

/* A line of its own that says what to do: "name: hint: text". */
void msg_hint(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* An info that was asked for, so that it needs no -v. */
void msg_tell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * A line that stays only until the next is drawn over it, or a message takes its place: for a terminal. NULL takes it away.
 * text is plain ASCII; what is not is shown as ?.
 */
void msg_line(const char *text);

/* Called with each error and warning that is printed, on the thread that prints it. NULL: none. Set while there is one thread. */
void msg_on_say(void (*f)(enum msg_level level, const char *text));

#endif
