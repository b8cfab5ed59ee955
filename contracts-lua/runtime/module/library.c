/* The standard library that a process sees: Lua's own, less what reads a
 * clock, a file or bytecode, and a table `json`. */
#include "library.h"

#include <stdint.h>
#include <string.h>

#include "json.h"
#include "lauxlib.h"
#include "lstate.h"
#include "lualib.h"
#include "lundump.h"

/* State of math.random; `init` and math.randomseed set it. */
static unsigned long long random_state = 1;

unsigned int aosec_random(void) {
  /* splitmix64, upper 31 bits. */
  random_state += 0x9E3779B97F4A7C15ULL;
  unsigned long long z = random_state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return (unsigned int)((z ^ (z >> 31)) >> 33);
}

void aosec_random_seed(unsigned int seed) { random_state = seed; }

int aosec_integer_text(char *text, long long value) {
  char digits[20];
  int count = 0, length = 0;
  unsigned long long rest = value < 0 ? 0 - (unsigned long long)value : (unsigned long long)value;
  do {
    digits[count++] = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (value < 0) text[length++] = '-';
  while (count > 0) text[length++] = digits[--count];
  text[length] = '\0';
  return length;
}

/* libc draws the guard of its stack protector when the module starts. Defined
 * here, the call stays inside and the import is gone. */
int __imported_wasi_snapshot_preview1_random_get(int bytes, int length) {
  (void)bytes;
  (void)length;
  return 1;
}

/* Lua calls these two for bytecode; there is none here. */
LClosure *luaU_undump(lua_State *L, ZIO *Z, const char *name) {
  (void)Z;
  luaL_error(L, "%s: bytecode is not loaded here, only source", name);
  return NULL;
}

int luaU_dump(lua_State *L, const Proto *f, lua_Writer w, void *data, int strip) {
  (void)f; (void)w; (void)data; (void)strip;
  return luaL_error(L, "functions are not dumped here");
}

/* build.py lets Lua's base library call this instead of luaL_loadfilex. */
int aosec_no_file(lua_State *L, const char *name, const char *mode) {
  (void)name; (void)mode;
  return luaL_error(L, "a process has no files");
}

static Text encoded;

static int json_encode_call(lua_State *L) {
  luaL_checkany(L, 1);
  encoded.length = 0;
  json_encode(L, 1, &encoded, 0);
  lua_pushlstring(L, encoded.bytes, encoded.length);
  text_reset(&encoded);
  return 1;
}

static int json_decode_call(lua_State *L) {
  size_t length = 0;
  const char *bytes = luaL_checklstring(L, 1, &length);
  json_decode(L, bytes, length);
  return 1;
}

static int traceback_call(lua_State *L) {
  luaL_traceback(L, L, luaL_optstring(L, 1, NULL), (int)luaL_optinteger(L, 2, 1));
  return 1;
}

static const luaL_Reg json_functions[] = {
    {"encode", json_encode_call}, {"decode", json_decode_call}, {NULL, NULL}};
static const luaL_Reg debug_functions[] = {{"traceback", traceback_call}, {NULL, NULL}};

static void forget(lua_State *L, const char *table, const char *const *names) {
  lua_getglobal(L, table);
  for (; *names != NULL; names++) {
    lua_pushnil(L);
    lua_setfield(L, -2, *names);
  }
  lua_pop(L, 1);
}

void library_open(lua_State *L) {
  static const luaL_Reg parts[] = {
      {"_G", luaopen_base},          {LUA_COLIBNAME, luaopen_coroutine},
      {LUA_TABLIBNAME, luaopen_table}, {LUA_STRLIBNAME, luaopen_string},
      {LUA_MATHLIBNAME, luaopen_math}, {LUA_UTF8LIBNAME, luaopen_utf8},
      {LUA_BITLIBNAME, luaopen_bit32}, {NULL, NULL}};
  static const char *const no_files[] = {"dofile", "loadfile", NULL};
  static const char *const no_bytecode[] = {"dump", NULL};
  for (const luaL_Reg *part = parts; part->func != NULL; part++) {
    luaL_requiref(L, part->name, part->func, 1);
    lua_pop(L, 1);
  }
  forget(L, "_G", no_files);
  forget(L, "string", no_bytecode);
  luaL_newlib(L, json_functions);
  lua_setglobal(L, "json");
  luaL_newlib(L, debug_functions);
  lua_setglobal(L, "debug");
}
