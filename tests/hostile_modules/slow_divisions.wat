;; Divides for ever: the slowest instruction for the fuel of one.
(module
  (memory (export "memory") 2)
  (func (export "alloc") (param i32) (result i32) (i32.const 65536))
  (func (export "dealloc") (param i32 i32))
  (func (export "init") (param i32 i32) (result i32) (i32.const 0))
  (func (export "handle") (param i32 i32 i32 i32) (result i32) (local $x f64)
    (loop $again
      (local.set $x (f64.sqrt (f64.div (local.get $x) (f64.const 1.0000001))))
      (br $again))
    (i32.const 0))
  (func (export "result_len") (result i32) (i32.const 2)))
