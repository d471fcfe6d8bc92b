#![feature(portable_simd)]
