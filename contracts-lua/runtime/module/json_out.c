/* Lua values to JSON text, one spelling only: keys sorted by bytes, no space,
 * integers plain, floats by %.14g.
 *
 * A table is an array when it is empty or holds index 1, otherwise an object;
 * what is neither (a hole, a mixed or a foreign key) is refused, not guessed.
 * Metatables are not looked at. Values are read where they lie in Lua's own
 * tables: nothing here calls Lua or changes a table, so they cannot move. */
#include "json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lauxlib.h"
#include "lobject.h"
#include "lstate.h"
#include "ltable.h"
#include "memory.h"

/* Blocks up to this size are kept from message to message. */
#define TEXT_KEPT_BYTES 16384
/* Objects up to this size are sorted by insertion. */
#define FEW_KEYS 16

typedef struct Writer {
  lua_State *L;
  Text *out;
  int lossy;
  int depth;
} Writer;

typedef struct Field {
  const char *name;
  size_t length;
  const TValue *value;
} Field;

/* Fields of all objects that are open, the innermost last. An error leaves it
 * as it is; each encoding begins with an empty one. */
static Text fields;

static void write_value(Writer *w, const TValue *value);

char *text_reserve(lua_State *L, Text *text, size_t more) {
  size_t need = text->length + more;
  if (need < more) luaL_error(L, "not enough memory");
  if (need > text->capacity) {
    size_t capacity = need < 512 ? 512 : need + need / 2;
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

static void put_char(Writer *w, char c) {
  if (w->out->length == w->out->capacity) text_reserve(w->L, w->out, 1);
  w->out->bytes[w->out->length++] = c;
}

/* Length of the UTF-8 sequence at p, 0 if there is none. */
static size_t utf8_length(const unsigned char *p, size_t left) {
  size_t n = p[0] >= 0xC2 && p[0] < 0xE0 ? 2
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

/* One character that cannot be copied as it is; gives what follows it. */
static const unsigned char *put_special(Writer *w, const unsigned char *p, size_t left) {
  if (*p < 0x80) {
    put_escape(w, *p);
    return p + 1;
  }
  size_t n = utf8_length(p, left);
  if (n > 0) put(w, (const char *)p, n);
  else put(w, "\xEF\xBF\xBD", 3);
  return p + (n > 0 ? n : 1);
}

static void write_string(Writer *w, const char *bytes, size_t length) {
  const unsigned char *p = (const unsigned char *)bytes;
  const unsigned char *end = p + length;
  /* Without `lossy` every byte above ASCII is copied as it is. */
  unsigned int plain_end = w->lossy ? 0x80 : 0x100;
  put_char(w, '"');
  while (p < end) {
    char *to = text_reserve(w->L, w->out, (size_t)(end - p));
    char *from = to;
    while (p < end && *p >= 0x20 && *p != '"' && *p != '\\' && *p < plain_end) {
      *to++ = (char)*p++;
    }
    w->out->length += (size_t)(to - from);
    if (p < end) p = put_special(w, p, (size_t)(end - p));
  }
  put_char(w, '"');
}

static void write_integer(Writer *w, lua_Integer value) {
  char spelling[24];
  put(w, spelling, (size_t)aosec_integer_text(spelling, value));
}

static void write_float(Writer *w, double value) {
  char spelling[40];
  if (!isfinite(value)) luaL_error(w->L, "JSON has no spelling for %s", isnan(value) ? "nan" : "inf");
  int length = snprintf(spelling, sizeof spelling, "%.14g", value);
  put(w, spelling, (size_t)length);
}

/* Entries of a table, and whether their keys are exactly 1 to that number. */
static size_t count_entries(const Table *t, int *sequence) {
  size_t count = 0, outside = 0;
  lua_Integer highest = 0;
  for (unsigned int i = 0; i < t->sizearray; i++) {
    if (ttisnil(&t->array[i])) continue;
    count++;
    highest = (lua_Integer)i + 1;
  }
  for (int i = 0; i < sizenode(t); i++) {
    const Node *node = gnode(t, i);
    if (ttisnil(gval(node))) continue;
    count++;
    if (!ttisinteger(gkey(node)) || ivalue(gkey(node)) < 1) outside++;
    else if (ivalue(gkey(node)) > highest) highest = ivalue(gkey(node));
  }
  *sequence = outside == 0 && highest == (lua_Integer)count;
  return count;
}

static void write_array(Writer *w, Table *t, size_t count) {
  put_char(w, '[');
  for (size_t i = 1; i <= count; i++) {
    if (i > 1) put_char(w, ',');
    write_value(w, luaH_getint(t, (lua_Integer)i));
  }
  put_char(w, ']');
}

static int compare_fields(const void *a, const void *b) {
  const Field *x = a, *y = b;
  size_t shared = x->length < y->length ? x->length : y->length;
  int order = memcmp(x->name, y->name, shared);
  if (order != 0) return order;
  return x->length < y->length ? -1 : x->length > y->length;
}

static void sort_fields(Field *first, size_t count) {
  if (count > FEW_KEYS) {
    qsort(first, count, sizeof(Field), compare_fields);
    return;
  }
  for (size_t i = 1; i < count; i++) {
    Field one = first[i];
    size_t at = i;
    for (; at > 0 && compare_fields(&one, &first[at - 1]) < 0; at--) first[at] = first[at - 1];
    first[at] = one;
  }
}

/* Adds the sorted fields of an object to the open ones; gives their place. */
static size_t open_fields(Writer *w, const Table *t, size_t count) {
  size_t place = fields.length;
  Field *first = (Field *)text_reserve(w->L, &fields, count * sizeof(Field));
  Field *next = first;
  for (unsigned int i = 0; i < t->sizearray; i++) {
    if (!ttisnil(&t->array[i])) luaL_error(w->L, "an object in JSON has strings as keys");
  }
  for (int i = 0; i < sizenode(t); i++) {
    const Node *node = gnode(t, i);
    if (ttisnil(gval(node))) continue;
    if (!ttisstring(gkey(node))) luaL_error(w->L, "an object in JSON has strings as keys");
    next->name = svalue(gkey(node));
    next->length = vslen(gkey(node));
    next->value = gval(node);
    next++;
  }
  sort_fields(first, count);
  fields.length += count * sizeof(Field);
  return place;
}

static void write_object(Writer *w, const Table *t, size_t count) {
  size_t place = open_fields(w, t, count);
  put_char(w, '{');
  for (size_t i = 0; i < count; i++) {
    /* Copied: what lies deeper may move the block. */
    Field field = ((Field *)(fields.bytes + place))[i];
    if (i > 0) put_char(w, ',');
    write_string(w, field.name, field.length);
    put_char(w, ':');
    write_value(w, field.value);
  }
  put_char(w, '}');
  fields.length = place;
}

static void write_table(Writer *w, Table *t) {
  int sequence = 0;
  if (++w->depth > JSON_DEPTH_MAX) luaL_error(w->L, "a table is nested too deep for JSON, or holds itself");
  size_t count = count_entries(t, &sequence);
  if (sequence) write_array(w, t, count);
  else if (ttisnil(luaH_getint(t, 1))) write_object(w, t, count);
  else luaL_error(w->L, "an array in JSON has no holes and no other keys");
  w->depth--;
}

static void write_value(Writer *w, const TValue *value) {
  switch (ttnov(value)) {
    case LUA_TNIL: put(w, "null", 4); break;
    case LUA_TBOOLEAN:
      if (bvalue(value)) put(w, "true", 4);
      else put(w, "false", 5);
      break;
    case LUA_TNUMBER:
      if (ttisinteger(value)) write_integer(w, ivalue(value));
      else write_float(w, fltvalue(value));
      break;
    case LUA_TSTRING: write_string(w, svalue(value), vslen(value)); break;
    case LUA_TTABLE: write_table(w, hvalue(value)); break;
    default: luaL_error(w->L, "JSON has no spelling for a %s", lua_typename(w->L, ttnov(value)));
  }
}

void json_encode(lua_State *L, int index, Text *out, int lossy) {
  Writer w = {L, out, lossy, 0};
  text_reset(&fields);
  write_value(&w, L->ci->func + lua_absindex(L, index));
}
