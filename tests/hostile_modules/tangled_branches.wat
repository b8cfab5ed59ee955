;; Twelve thousand conditional branches over a thousand locals: hard on every register.
(module
  (memory (export "memory") 2)
  (func (export "alloc") (param i32) (result i32) (i32.const 65536))
  (func (export "dealloc") (param i32 i32))
  (func (export "init") (param i32 i32) (result i32) (i32.const 0))
  (func (export "handle") (param i32 i32 i32 i32) (result i32) (i32.const 0))
  (func (export "result_len") (result i32) (i32.const 2))
  (func (param i32) (result i64)
;;* 900 (local i64)
    (block $out (loop $in
;;* 12000 (br_if $out (local.get 0)) (br_if $in (local.get 0))
    ))
    (local.get 1)))
