/* JSON text to Lua values: RFC 8259, nothing more.
 *
 * null becomes nil, a number without fraction or exponent that fits becomes an
 * integer, every other number a float. Of equal keys the last one wins. */
#include "json.h"

#include <stdlib.h>

#include "lauxlib.h"

/* Longest spelling of a number that is looked at; JSON of any use is shorter. */
#define NUMBER_BYTES_MAX 320

typedef struct Reader {
  lua_State *L;
  const char *start;
  const char *at;
  const char *end;
  int depth;
} Reader;

/* Unescaped strings are put together here; never in use across a Lua call. */
static Text scratch;

static void read_value(Reader *r);

static void refuse(Reader *r, const char *reason) {
  luaL_error(r->L, "invalid JSON at byte %d: %s", (int)(r->at - r->start) + 1, reason);
}

static void skip_space(Reader *r) {
  while (r->at < r->end &&
         (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r')) {
    r->at++;
  }
}

static char peek(Reader *r) { return r->at < r->end ? *r->at : '\0'; }

static void expect_word(Reader *r, const char *word) {
  size_t length = strlen(word);
  if ((size_t)(r->end - r->at) < length || memcmp(r->at, word, length) != 0) {
    refuse(r, "unknown word");
  }
  r->at += length;
}

static unsigned int read_hex4(Reader *r) {
  unsigned int code = 0;
  if (r->end - r->at < 4) refuse(r, "broken \\u escape");
  for (int i = 0; i < 4; i++, r->at++) {
    char c = *r->at;
    if (c >= '0' && c <= '9') code = code * 16 + (unsigned int)(c - '0');
    else if (c >= 'a' && c <= 'f') code = code * 16 + (unsigned int)(c - 'a') + 10;
    else if (c >= 'A' && c <= 'F') code = code * 16 + (unsigned int)(c - 'A') + 10;
    else refuse(r, "broken \\u escape");
  }
  return code;
}

/* A pair of surrogates is one character; a lone one becomes U+FFFD. */
static unsigned int read_unicode(Reader *r) {
  unsigned int code = read_hex4(r);
  if (code < 0xD800 || code > 0xDFFF) return code;
  if (code > 0xDBFF || r->end - r->at < 6 || r->at[0] != '\\' || r->at[1] != 'u') return 0xFFFD;
  const char *before = r->at;
  r->at += 2;
  unsigned int low = read_hex4(r);
  if (low >= 0xDC00 && low <= 0xDFFF) return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  r->at = before;
  return 0xFFFD;
}

static void put_utf8(Reader *r, unsigned int code) {
  char *to = text_reserve(r->L, &scratch, 4);
  int n = 0;
  if (code < 0x80) {
    to[n++] = (char)code;
  } else if (code < 0x800) {
    to[n++] = (char)(0xC0 | (code >> 6));
    to[n++] = (char)(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    to[n++] = (char)(0xE0 | (code >> 12));
    to[n++] = (char)(0x80 | ((code >> 6) & 0x3F));
    to[n++] = (char)(0x80 | (code & 0x3F));
  } else {
    to[n++] = (char)(0xF0 | (code >> 18));
    to[n++] = (char)(0x80 | ((code >> 12) & 0x3F));
    to[n++] = (char)(0x80 | ((code >> 6) & 0x3F));
    to[n++] = (char)(0x80 | (code & 0x3F));
  }
  scratch.length += (size_t)n;
}

static void read_escape(Reader *r) {
  char c = peek(r);
  r->at++;
  switch (c) {
    case '"': case '\\': case '/': put_utf8(r, (unsigned int)c); break;
    case 'b': put_utf8(r, '\b'); break;
    case 'f': put_utf8(r, '\f'); break;
    case 'n': put_utf8(r, '\n'); break;
    case 'r': put_utf8(r, '\r'); break;
    case 't': put_utf8(r, '\t'); break;
    case 'u': put_utf8(r, read_unicode(r)); break;
    default: r->at--; refuse(r, "unknown escape");
  }
}

/* First plain byte run: up to a quote, a backslash, a control or the end. */
static const char *plain_end(Reader *r) {
  const char *p = r->at;
  while (p < r->end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20) p++;
  return p;
}

static void read_escaped_string(Reader *r) {
  scratch.length = 0;
  for (;;) {
    const char *stop = plain_end(r);
    size_t run = (size_t)(stop - r->at);
    memcpy(text_reserve(r->L, &scratch, run + 1), r->at, run);
    scratch.length += run;
    r->at = stop;
    if (peek(r) == '"') break;
    if (peek(r) != '\\') refuse(r, "string is not closed or holds a control character");
    r->at++;
    read_escape(r);
  }
  r->at++;
  lua_pushlstring(r->L, scratch.bytes, scratch.length);
  text_reset(&scratch);
}

static void read_string(Reader *r) {
  r->at++;
  const char *stop = plain_end(r);
  if (stop < r->end && *stop == '"') {
    lua_pushlstring(r->L, r->at, (size_t)(stop - r->at));
    r->at = stop + 1;
    return;
  }
  read_escaped_string(r);
}

static void read_digits(Reader *r) {
  if (peek(r) < '0' || peek(r) > '9') refuse(r, "digit expected");
  while (peek(r) >= '0' && peek(r) <= '9') r->at++;
}

/* Walks over one number of the grammar; says whether it is a plain integer. */
static int walk_number(Reader *r) {
  int integer = 1;
  if (peek(r) == '-') r->at++;
  if (peek(r) == '0') r->at++;
  else read_digits(r);
  if (peek(r) == '.') { integer = 0; r->at++; read_digits(r); }
  if (peek(r) == 'e' || peek(r) == 'E') {
    integer = 0;
    r->at++;
    if (peek(r) == '+' || peek(r) == '-') r->at++;
    read_digits(r);
  }
  return integer;
}

static void read_number(Reader *r) {
  char spelling[NUMBER_BYTES_MAX + 1];
  const char *first = r->at;
  int integer = walk_number(r);
  size_t length = (size_t)(r->at - first);
  if (length > NUMBER_BYTES_MAX) refuse(r, "number is too long");
  memcpy(spelling, first, length);
  spelling[length] = '\0';
  /* Lua reads an integer that does not fit as a float, as wanted here. */
  if (integer && lua_stringtonumber(r->L, spelling) != 0) return;
  lua_pushnumber(r->L, strtod(spelling, NULL));
}

static void enter(Reader *r) {
  if (++r->depth > JSON_DEPTH_MAX) refuse(r, "nested too deep");
  luaL_checkstack(r->L, 4, "JSON");
  r->at++;
  skip_space(r);
}

static void read_array(Reader *r) {
  enter(r);
  lua_newtable(r->L);
  lua_Integer index = 1;
  if (peek(r) == ']') { r->at++; r->depth--; return; }
  for (;;) {
    read_value(r);
    lua_rawseti(r->L, -2, index++);
    skip_space(r);
    char c = peek(r);
    if (c != ',' && c != ']') refuse(r, "',' or ']' expected");
    r->at++;
    if (c == ']') break;
  }
  r->depth--;
}

static void read_pair(Reader *r) {
  skip_space(r);
  if (peek(r) != '"') refuse(r, "key expected");
  read_string(r);
  skip_space(r);
  if (peek(r) != ':') refuse(r, "':' expected");
  r->at++;
  read_value(r);
  lua_rawset(r->L, -3);
  skip_space(r);
}

static void read_object(Reader *r) {
  /* The outermost object is a message of about twenty fields. */
  lua_createtable(r->L, 0, r->depth == 0 ? 24 : 2);
  enter(r);
  if (peek(r) == '}') { r->at++; r->depth--; return; }
  for (;;) {
    read_pair(r);
    char c = peek(r);
    if (c != ',' && c != '}') refuse(r, "',' or '}' expected");
    r->at++;
    if (c == '}') break;
  }
  r->depth--;
}

static void read_value(Reader *r) {
  skip_space(r);
  switch (peek(r)) {
    case '{': read_object(r); break;
    case '[': read_array(r); break;
    case '"': read_string(r); break;
    case 't': expect_word(r, "true"); lua_pushboolean(r->L, 1); break;
    case 'f': expect_word(r, "false"); lua_pushboolean(r->L, 0); break;
    case 'n': expect_word(r, "null"); lua_pushnil(r->L); break;
    default: read_number(r);
  }
}

void json_decode(lua_State *L, const char *bytes, size_t length) {
  Reader r = {L, bytes, bytes, bytes + length, 0};
  luaL_checkstack(L, 8, "JSON");
  read_value(&r);
  skip_space(&r);
  if (r.at != r.end) refuse(&r, "text after the value");
}
