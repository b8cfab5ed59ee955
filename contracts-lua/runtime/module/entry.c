/* The door of the module: the exports that README.md describes.
 *
 * Every road into Lua goes through one protected call. Nothing here keeps
 * state outside the linear memory, reads a clock or imports anything but the
 * two jumps of config.h. */
#include "json.h"
#include "lauxlib.h"
#include "lgc.h"
#include "library.h"
#include "lstate.h"
#include "lua.h"
#include "memory.h"

#define EXPORT(name) __attribute__((export_name(name)))

/* Garbage is collected after a message once this much was allocated, or half
 * of what lives if that is more: marking is what dirties pages. A message that
 * allocates twice that meets Lua's own incremental collector. */
#define COLLECT_AFTER_BYTES (256 * 1024)

/* What is said when not even an error can be put together. */
static const char out_of_memory[] =
    "{\"Assignments\":[],\"Error\":\"not enough memory\",\"Messages\":[],"
    "\"Output\":{\"data\":\"\",\"print\":false,\"prompt\":\"\"},\"Spawns\":[]}";

static lua_State *state;
/* Registry key of the function (message, environment or nil) -> table. */
static int handler = LUA_NOREF;
/* The answer of the last call: in `answer_text`, or a constant. */
static Text answer_text;
static const char *answer;
static size_t answer_length;
/* The environment's bytes as last given to Lua: equal ones are not read again. */
static Text environment;
/* Bytes in use after the last collection, and what may be added to them. */
static size_t live_bytes;
static size_t allowance_bytes;

typedef struct Call {
  const char *message;
  size_t message_length;
  const char *environment;
  size_t environment_length;
} Call;

static void *allocate(void *unused, void *block, size_t old_size, size_t new_size) {
  (void)unused;
  if (new_size == 0) {
    memory_give(block, old_size);
    return NULL;
  }
  /* Of a new object Lua says its kind where the old size would be. */
  return memory_resize(block, block == NULL ? 0 : old_size, new_size);
}

static void arm_collector(lua_State *L) {
  live_bytes = gettotalbytes(G(L));
  allowance_bytes = live_bytes / 2 > COLLECT_AFTER_BYTES ? live_bytes / 2 : COLLECT_AFTER_BYTES;
  luaE_setdebt(G(L), -(l_mem)(2 * allowance_bytes));
}

static void collect_when_due(lua_State *L) {
  int idle = G(L)->gcstate == GCSpause;
  if (idle && gettotalbytes(G(L)) < live_bytes + allowance_bytes) return;
  lua_gc(L, LUA_GCCOLLECT, 0);
  arm_collector(L);
}

static const char *answer_with(const char *bytes, size_t length) {
  answer = bytes;
  answer_length = length;
  return answer;
}

static void write_plain(lua_State *L, const char *text) {
  size_t length = strlen(text);
  memcpy(text_reserve(L, &answer_text, length), text, length);
  answer_text.length += length;
}

/* Protected: the error value on the stack becomes a whole result. */
static int report(lua_State *L) {
  text_reset(&answer_text);
  luaL_tolstring(L, 1, NULL);
  write_plain(L, "{\"Assignments\":[],\"Error\":");
  json_encode(L, -1, &answer_text, 1);
  write_plain(L, ",\"Messages\":[],\"Output\":{\"data\":\"\",\"print\":false,\"prompt\":\"\"},\"Spawns\":[]}");
  return 0;
}

static void push_environment(lua_State *L, const Call *call) {
  size_t length = call->environment_length;
  if (environment.length == length && memcmp(environment.bytes, call->environment, length) == 0) {
    lua_pushnil(L);
    return;
  }
  text_reset(&environment);
  json_decode(L, call->environment, length);
  memcpy(text_reserve(L, &environment, length), call->environment, length);
  environment.length = length;
}

/* Protected: one message from text to text. */
static int evaluate(lua_State *L) {
  const Call *call = lua_touserdata(L, 1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, handler);
  json_decode(L, call->message, call->message_length);
  push_environment(L, call);
  lua_call(L, 2, 1);
  text_reset(&answer_text);
  json_encode(L, -1, &answer_text, 1);
  lua_settop(L, 0);
  collect_when_due(L);
  return 0;
}

/* Protected: opens the library, runs the boot text, keeps what it returns. */
static int boot(lua_State *L) {
  const Call *call = lua_touserdata(L, 1);
  library_open(L);
  if (luaL_loadbufferx(L, call->message, call->message_length, "=boot", "t") != LUA_OK) lua_error(L);
  lua_call(L, 0, 1);
  luaL_checktype(L, -1, LUA_TFUNCTION);
  handler = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_gc(L, LUA_GCCOLLECT, 0);
  arm_collector(L);
  return 0;
}

static int run(lua_CFunction step, Call *call) {
  lua_pushcfunction(state, step);
  lua_pushlightuserdata(state, call);
  return lua_pcall(state, 1, 0, 0);
}

EXPORT("alloc") void *aosec_alloc(size_t length) { return memory_take(length + 1); }

EXPORT("dealloc") void aosec_dealloc(void *block, size_t length) { memory_give(block, length + 1); }

EXPORT("result_len") size_t aosec_result_len(void) { return answer_length; }

/* The host calls this from `ao.try`. */
EXPORT("protected") void aosec_protected(void (*call)(lua_State *, void *), lua_State *L, void *argument) {
  call(L, argument);
}

/* 0, or the address of an error text. */
EXPORT("init") const char *aosec_init(const char *text, size_t length) {
  Call call = {text, length, NULL, 0};
  state = lua_newstate(allocate, NULL);
  if (state == NULL) return answer_with("not enough memory", 17);
  if (run(boot, &call) == LUA_OK) return NULL;
  const char *error = lua_tolstring(state, -1, &length);
  if (error == NULL) return answer_with("the boot text raised no string", 30);
  return answer_with(error, length);
}

EXPORT("handle") const char *aosec_handle(const char *message, size_t message_length,
                                         const char *env, size_t env_length) {
  Call call = {message, message_length, env, env_length};
  int status = run(evaluate, &call);
  if (status != LUA_OK) {
    environment.length = 0;
    lua_pushcfunction(state, report);
    lua_insert(state, -2);
    status = lua_pcall(state, 1, 0, 0);
  }
  if (status == LUA_OK) return answer_with(answer_text.bytes, answer_text.length);
  lua_settop(state, 0);
  return answer_with(out_of_memory, sizeof out_of_memory - 1);
}
