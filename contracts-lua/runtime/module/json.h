/* JSON both ways, between text and values on a Lua stack. */
#ifndef AOSEC_JSON_H
#define AOSEC_JSON_H

#include <stddef.h>

#include "lua.h"

/* Nesting in either direction: deeper text is refused, deeper tables (or a
 * table that holds itself) too. */
#define JSON_DEPTH_MAX 128

/* One growing text. It lies outside Lua's memory so that an error cannot lose
 * it; whoever begins to write resets the length to 0. */
typedef struct Text {
  char *bytes;
  size_t length;
  size_t capacity;
} Text;

/* Room for `more` bytes, or a Lua error when memory is out. */
char *text_reserve(lua_State *L, Text *text, size_t more);
/* Empties the text and gives a large block back. */
void text_reset(Text *text);

/* Pushes the value that the text holds, or raises a Lua error. */
void json_decode(lua_State *L, const char *bytes, size_t length);
/* Appends the value at `index`. With `lossy`, bytes that are not UTF-8 become
 * U+FFFD, so that the whole text is UTF-8. */
void json_encode(lua_State *L, int index, Text *out, int lossy);

#endif
