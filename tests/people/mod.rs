//! People: how they sign in, what they may, what is kept of it, and who tries to get round it.

mod accounts;
mod attacks;
mod audit;
mod edges;
mod sessions;
mod tokens;
