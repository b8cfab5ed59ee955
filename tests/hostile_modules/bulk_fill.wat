;; Fills its memory with one instruction, which would cost one unit of fuel.
(module
  (memory (export "memory") 2)
  (func (export "alloc") (param i32) (result i32) (i32.const 65536))
  (func (export "dealloc") (param i32 i32))
  (func (export "init") (param i32 i32) (result i32) (i32.const 0))
  (func (export "handle") (param i32 i32 i32 i32) (result i32)
    (loop $again
      (memory.fill (i32.const 0) (i32.const 7) (i32.const 131072))
      (br $again))
    (i32.const 0))
  (func (export "result_len") (result i32) (i32.const 2)))
