/* notify - tells systemd how the daemon is: the protocol of sd_notify(3), without its
 * library.
 */
#ifndef HOST_APP_NOTIFY_H
#define HOST_APP_NOTIFY_H

/* "READY=1", "STOPPING=1" ... to where NOTIFY_SOCKET says; nothing when nobody asked. */
void notify_send(const char *state);

/* "RELOADING=1" with the time that belongs to it. */
void notify_reloading(void);

#endif
