//! The one thing of the bound that safe Rust cannot say: fetch a cache line without waiting for it.

/// Asks for the cache line of a value; does nothing where there is no such instruction, as in wasm.
#[inline(always)]
pub(crate) fn prefetch<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    #[expect(unsafe_code, reason = "a hint on a valid reference reads and writes nothing")]
    // SAFETY: the pointer comes from a reference, and a prefetch changes no state that a program can observe.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(value).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}
