//! The thin edge: routers, the accept loop, and the one file that knows status codes.
