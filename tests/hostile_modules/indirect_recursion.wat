;; Calls itself through its table for ever.
(module
  (memory (export "memory") 2)
  (func (export "alloc") (param i32) (result i32) (i32.const 65536))
  (func (export "dealloc") (param i32 i32))
  (func (export "init") (param i32 i32) (result i32) (i32.const 0))
  (func (export "handle") (param i32 i32 i32 i32) (result i32)
    (call $deeper))
  (func (export "result_len") (result i32) (i32.const 2))
  (type $f (func (result i32)))
  (table 1 funcref)
  (elem (i32.const 0) $deeper)
  (func $deeper (type $f) (i32.add (i32.const 1) (call_indirect (type $f) (i32.const 0)))))
