//! Bytes to cells.
