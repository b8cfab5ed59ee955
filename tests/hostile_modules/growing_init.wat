;; Takes 32 MiB before its first message, twice as much as its process may have.
(module
  (memory (export "memory") 2)
  (func (export "alloc") (param i32) (result i32) (i32.const 65536))
  (func (export "dealloc") (param i32 i32))
  (func (export "init") (param i32 i32) (result i32)
    (drop (memory.grow (i32.const 510)))
    (i32.const 0))
  (func (export "handle") (param i32 i32 i32 i32) (result i32) (i32.const 0))
  (func (export "result_len") (result i32) (i32.const 2)))
