;; Asks for more than it said itself, is told no, and traps.
(module
  (memory (export "memory") 2 3)
  (func (export "alloc") (param i32) (result i32) (i32.const 65536))
  (func (export "dealloc") (param i32 i32))
  (func (export "init") (param i32 i32) (result i32) (i32.const 0))
  (func (export "handle") (param i32 i32 i32 i32) (result i32)
    (if (i32.ne (memory.grow (i32.const 2)) (i32.const -1))
      (then (loop $again (br $again))))
    (unreachable))
  (func (export "result_len") (result i32) (i32.const 2)))
