/* Lua values to JSON text, one spelling only: keys sorted by bytes, no space,
 * integers plain, floats by %.14g.
 *
 * A table is an array when it is empty or holds index 1, otherwise an object;
 * what is neither (a hole, a mixed or a foreign key) is refused, not guessed. */
#include "json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lauxlib.h"
#include "memory.h"

/* Blocks up to this size are kept from message to message. */
#define TEXT_KEPT_BYTES 16384

typedef struct Writer {
  lua_State *L;
  Text *out;
  int lossy;
  int depth;
} Writer;

typedef struct Key {
  const char *bytes;
  size_t length;
} Key;

static void write_value(Writer *w, int index);

char *text_reserve(lua_State *L, Text *text, size_t more) {
  size_t need = text->length + more;
  if (need < more) luaL_error(L, "not enough memory");
  if (need > text->capacity) {
    size_t capacity = text->capacity < 512 ? 512 : text->capacity;
    while (capacity < need) capacity = capacity > need / 2 ? need + need / 2 : capacity * 2;
    char *bytes = memory_resize(text->bytes, text->capacity, capacity);
    if (bytes == NULL) luaL_error(L, "not enough memory");
    text->bytes = bytes;
    text->capacity = capacity;
  }
  return text->bytes + text->length;
}

void text_reset(Text *text) {
  text->length = 0;
  if (text->capacity > TEXT_KEPT_BYTES) {
    memory_give(text->bytes, text->capacity);
    text->bytes = NULL;
    text->capacity = 0;
  }
}

static void put(Writer *w, const char *bytes, size_t length) {
  memcpy(text_reserve(w->L, w->out, length), bytes, length);
  w->out->length += length;
}

static void put_char(Writer *w, char c) { put(w, &c, 1); }

/* Length of the UTF-8 sequence at p, 0 if there is none. */
static size_t utf8_length(const unsigned char *p, size_t left) {
  size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xC2 && p[0] < 0xE0 ? 2
           : p[0] >= 0xE0 && p[0] < 0xF0 ? 3 : p[0] >= 0xF0 && p[0] < 0xF5 ? 4 : 0;
  if (n == 0 || n > left) return 0;
  for (size_t i = 1; i < n; i++) {
    if ((p[i] & 0xC0) != 0x80) return 0;
  }
  if (p[0] == 0xE0 && p[1] < 0xA0) return 0;
  if (p[0] == 0xED && p[1] > 0x9F) return 0;
  if (p[0] == 0xF0 && p[1] < 0x90) return 0;
  if (p[0] == 0xF4 && p[1] > 0x8F) return 0;
  return n;
}

static void put_escape(Writer *w, unsigned char c) {
  static const char hex[] = "0123456789abcdef";
  char code[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
  switch (c) {
    case '"': put(w, "\\\"", 2); break;
    case '\\': put(w, "\\\\", 2); break;
    case '\b': put(w, "\\b", 2); break;
    case '\f': put(w, "\\f", 2); break;
    case '\n': put(w, "\\n", 2); break;
    case '\r': put(w, "\\r", 2); break;
    case '\t': put(w, "\\t", 2); break;
    default: put(w, code, 6);
  }
}

static int is_plain(unsigned char c, int lossy) {
  return c >= 0x20 && c != '"' && c != '\\' && !(lossy && c >= 0x80);
}

static void write_string(Writer *w, const char *bytes, size_t length) {
  const unsigned char *p = (const unsigned char *)bytes;
  const unsigned char *end = p + length;
  put_char(w, '"');
  while (p < end) {
    const unsigned char *run = p;
    while (p < end && is_plain(*p, w->lossy)) p++;
    put(w, (const char *)run, (size_t)(p - run));
    if (p == end) break;
    if (*p < 0x80) {
      put_escape(w, *p++);
    } else {
      size_t n = utf8_length(p, (size_t)(end - p));
      if (n > 0) put(w, (const char *)p, n);
      else put(w, "\xEF\xBF\xBD", 3);
      p += n > 0 ? n : 1;
    }
  }
  put_char(w, '"');
}

static void write_number(Writer *w, int index) {
  char spelling[40];
  int length;
  if (lua_isinteger(w->L, index)) {
    length = snprintf(spelling, sizeof spelling, "%lld", lua_tointeger(w->L, index));
  } else {
    double number = lua_tonumber(w->L, index);
    if (!isfinite(number)) luaL_error(w->L, "JSON has no spelling for %s", isnan(number) ? "nan" : "inf");
    length = snprintf(spelling, sizeof spelling, "%.14g", number);
  }
  put(w, spelling, (size_t)length);
}

static void write_array(Writer *w, int index) {
  size_t length = lua_rawlen(w->L, index);
  size_t count = 0;
  for (lua_pushnil(w->L); lua_next(w->L, index) != 0; lua_pop(w->L, 1)) {
    lua_Integer key = lua_isinteger(w->L, -2) ? lua_tointeger(w->L, -2) : 0;
    if (key < 1 || (size_t)key > length) luaL_error(w->L, "an array in JSON has no holes and no other keys");
    count++;
  }
  if (count != length) luaL_error(w->L, "an array in JSON has no holes and no other keys");
  put_char(w, '[');
  for (size_t i = 1; i <= length; i++) {
    if (i > 1) put_char(w, ',');
    lua_rawgeti(w->L, index, (lua_Integer)i);
    write_value(w, lua_gettop(w->L));
    lua_pop(w->L, 1);
  }
  put_char(w, ']');
}

static int compare_keys(const void *a, const void *b) {
  const Key *x = a, *y = b;
  size_t shared = x->length < y->length ? x->length : y->length;
  int order = memcmp(x->bytes, y->bytes, shared);
  if (order != 0) return order;
  return x->length < y->length ? -1 : x->length > y->length;
}

/* Pushes a block with the table's keys, sorted. The strings live as long as
 * the table holds them, and nothing here changes it. */
static Key *push_sorted_keys(Writer *w, int index, size_t *count) {
  size_t n = 0;
  for (lua_pushnil(w->L); lua_next(w->L, index) != 0; lua_pop(w->L, 1)) {
    if (lua_type(w->L, -2) != LUA_TSTRING) luaL_error(w->L, "an object in JSON has strings as keys");
    n++;
  }
  Key *keys = lua_newuserdata(w->L, n * sizeof(Key));
  size_t i = 0;
  for (lua_pushnil(w->L); lua_next(w->L, index) != 0; lua_pop(w->L, 1)) {
    keys[i].bytes = lua_tolstring(w->L, -2, &keys[i].length);
    i++;
  }
  qsort(keys, n, sizeof(Key), compare_keys);
  *count = n;
  return keys;
}

static void write_object(Writer *w, int index) {
  size_t count = 0;
  const Key *keys = push_sorted_keys(w, index, &count);
  put_char(w, '{');
  for (size_t i = 0; i < count; i++) {
    if (i > 0) put_char(w, ',');
    write_string(w, keys[i].bytes, keys[i].length);
    put_char(w, ':');
    lua_pushlstring(w->L, keys[i].bytes, keys[i].length);
    lua_rawget(w->L, index);
    write_value(w, lua_gettop(w->L));
    lua_pop(w->L, 1);
  }
  put_char(w, '}');
  lua_pop(w->L, 1);
}

static int is_array(lua_State *L, int index) {
  int found = lua_rawgeti(L, index, 1) != LUA_TNIL;
  lua_pop(L, 1);
  if (found) return 1;
  lua_pushnil(L);
  if (lua_next(L, index) == 0) return 1;
  lua_pop(L, 2);
  return 0;
}

static void write_table(Writer *w, int index) {
  if (++w->depth > JSON_DEPTH_MAX) luaL_error(w->L, "a table is nested too deep for JSON, or holds itself");
  luaL_checkstack(w->L, 8, "JSON");
  if (is_array(w->L, index)) write_array(w, index);
  else write_object(w, index);
  w->depth--;
}

static void write_value(Writer *w, int index) {
  size_t length = 0;
  const char *bytes;
  switch (lua_type(w->L, index)) {
    case LUA_TNIL: put(w, "null", 4); break;
    case LUA_TBOOLEAN:
      if (lua_toboolean(w->L, index)) put(w, "true", 4);
      else put(w, "false", 5);
      break;
    case LUA_TNUMBER: write_number(w, index); break;
    case LUA_TSTRING:
      bytes = lua_tolstring(w->L, index, &length);
      write_string(w, bytes, length);
      break;
    case LUA_TTABLE: write_table(w, index); break;
    default: luaL_error(w->L, "JSON has no spelling for a %s", luaL_typename(w->L, index));
  }
}

void json_encode(lua_State *L, int index, Text *out, int lossy) {
  Writer w = {L, out, lossy, 0};
  luaL_checkstack(L, 8, "JSON");
  write_value(&w, lua_absindex(L, index));
}
