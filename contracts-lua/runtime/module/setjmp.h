/* Stands before libc's header of this name, which refuses to be included:
 * config.h replaces the jumps, so nothing is needed from it. */
