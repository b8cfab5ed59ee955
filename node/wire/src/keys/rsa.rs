//! RSA from libcrypto (aws-lc): the one file of the house with unsafe code.
//!
//! It decides nothing: the rules are in [`super::pss`]. Every pointer lives in one of two owners, [`Key`] and [`Number`], which
//! free it once; no pointer leaves this file. Failures are in the return values, and libcrypto's own queue of errors is
//! emptied, since nobody would ever read it.

#![allow(unsafe_code)]

use std::ffi::c_int;
use std::ptr::{self, NonNull};

use aws_lc_sys as sys;
use zeroize::Zeroizing;

use super::pss::{EXPONENT, HASH_BYTES, MODULUS_BITS, MODULUS_BYTES, Part, Parts};

/// Asks for the salt length to be recovered from the signature.
pub(super) const ANY_SALT: c_int = sys::RSA_PSS_SALTLEN_AUTO;

/// The owner of a libcrypto key.
pub(super) struct Key(NonNull<sys::RSA>);

// SAFETY: after construction the key is only read, and libcrypto documents signing and verification as non-mutating for the
// purpose of threads; the blinding state inside has its own lock.
unsafe impl Send for Key {}
// SAFETY: as above.
unsafe impl Sync for Key {}

impl Key {
    /// The public key with this modulus and our exponent.
    pub(super) fn public(modulus: &[u8]) -> Option<Self> {
        let (n, e) = (Number::new(modulus)?, Number::new(&EXPONENT.to_be_bytes())?);
        // SAFETY: both pointers are live numbers; the call copies them.
        Self::own(unsafe { sys::RSA_new_public_key(n.raw(), e.raw()) })
    }

    /// The private key with these numbers. libcrypto proves that they fit together, so that no fault in a key file can
    /// leak the key through a signature.
    pub(super) fn private(parts: &Parts) -> Option<Self> {
        let Parts {
            n,
            e,
            d,
            p,
            q,
            dp,
            dq,
            qi,
        } = parts;
        let all = [n, e, d, p, q, dp, dq, qi];
        if all
            .iter()
            .any(|part| part.is_empty() || part.len() > MODULUS_BYTES)
        {
            return None;
        }
        let numbers = all
            .into_iter()
            .map(|part| Number::new(part))
            .collect::<Option<Vec<_>>>()?;
        let [n, e, d, p, q, dp, dq, qi] = numbers.as_slice() else {
            return None;
        };
        let (n, e, d, p, q) = (n.raw(), e.raw(), d.raw(), p.raw(), q.raw());
        let (dp, dq, qi) = (dp.raw(), dq.raw(), qi.raw());
        // SAFETY: the eight pointers are live numbers; the call copies them.
        Self::own(unsafe { sys::RSA_new_private_key(n, e, d, p, q, dp, dq, qi) })
    }

    /// A new private key of our size.
    pub(super) fn generate() -> Option<Self> {
        let exponent = Number::new(&EXPONENT.to_be_bytes())?;
        // SAFETY: takes nothing, gives a fresh key or null.
        let key = Self::own(unsafe { sys::RSA_new() })?;
        let bits = MODULUS_BITS as c_int;
        // SAFETY: key and exponent are live; the callback may be null.
        let made =
            unsafe { sys::RSA_generate_key_ex(key.raw(), bits, exponent.raw(), ptr::null_mut()) };
        succeeded(made).then_some(key)
    }

    /// Whether the modulus has 4096 bits and the exponent is 65537.
    pub(super) fn has_our_size(&self) -> bool {
        // SAFETY: the key is live, and the exponent lives as long as the key wherever it is not null.
        unsafe {
            let exponent = sys::RSA_get0_e(self.raw());
            sys::RSA_bits(self.raw()) == MODULUS_BITS
                && !exponent.is_null()
                && sys::BN_is_word(exponent, EXPONENT) == 1
        }
    }

    /// The encoded message inside a signature: signature to the power of the exponent.
    pub(super) fn open(&self, signature: &[u8]) -> Option<[u8; MODULUS_BYTES]> {
        let mut encoded = [0; MODULUS_BYTES];
        let mut written = 0;
        // SAFETY: libcrypto refuses a buffer shorter than the modulus, and writes at most the length it is told.
        let opened = unsafe {
            sys::RSA_verify_raw(
                self.raw(),
                &raw mut written,
                encoded.as_mut_ptr(),
                encoded.len(),
                signature.as_ptr(),
                signature.len(),
                sys::RSA_NO_PADDING,
            )
        };
        (succeeded(opened) && written == MODULUS_BYTES).then_some(encoded)
    }

    /// Whether an encoded message is the PSS form of a digest with a salt of this length. Only for keys of our size.
    pub(super) fn pss_holds(
        &self,
        digest: &[u8; HASH_BYTES],
        encoded: &[u8; MODULUS_BYTES],
        salt_bytes: c_int,
    ) -> bool {
        assert!(
            self.has_our_size(),
            "the encoded message must be as long as the modulus"
        );
        // SAFETY: the call reads a digest of the named hash, and an encoded message as long as the modulus.
        succeeded(unsafe {
            sys::RSA_verify_PKCS1_PSS_mgf1(
                self.raw(),
                digest.as_ptr(),
                sys::EVP_sha256(),
                sys::EVP_sha256(),
                encoded.as_ptr(),
                salt_bytes,
            )
        })
    }

    /// The PSS signature of a digest with a random salt of this length.
    pub(super) fn sign(&self, digest: &[u8; HASH_BYTES], salt_bytes: c_int) -> Option<Vec<u8>> {
        let mut out = vec![0; MODULUS_BYTES];
        let mut written = 0;
        // SAFETY: libcrypto writes at most the length it is told; the digest has the length of the named hash.
        let signed = unsafe {
            sys::RSA_sign_pss_mgf1(
                self.raw(),
                &raw mut written,
                out.as_mut_ptr(),
                out.len(),
                digest.as_ptr(),
                digest.len(),
                sys::EVP_sha256(),
                sys::EVP_sha256(),
                salt_bytes,
            )
        };
        (succeeded(signed) && written == MODULUS_BYTES).then_some(out)
    }

    /// The numbers of a private key; empty where the key has none.
    pub(super) fn parts(&self) -> Parts {
        let key = self.raw();
        // SAFETY: the key is live; each getter gives null or a number that lives as long as the key, and `read` copies it.
        unsafe {
            Parts {
                n: read(sys::RSA_get0_n(key)),
                e: read(sys::RSA_get0_e(key)),
                d: read(sys::RSA_get0_d(key)),
                p: read(sys::RSA_get0_p(key)),
                q: read(sys::RSA_get0_q(key)),
                dp: read(sys::RSA_get0_dmp1(key)),
                dq: read(sys::RSA_get0_dmq1(key)),
                qi: read(sys::RSA_get0_iqmp(key)),
            }
        }
    }

    fn own(raw: *mut sys::RSA) -> Option<Self> {
        succeeded(c_int::from(!raw.is_null())).then_some(())?;
        NonNull::new(raw).map(Self)
    }

    fn raw(&self) -> *mut sys::RSA {
        self.0.as_ptr()
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: this is the only owner; libcrypto wipes the private numbers as it frees them.
        unsafe { sys::RSA_free(self.raw()) }
    }
}

/// The owner of a libcrypto number.
struct Number(NonNull<sys::BIGNUM>);

impl Number {
    fn new(big_endian: &[u8]) -> Option<Self> {
        // SAFETY: pointer and length describe a live slice; null asks for a fresh number.
        let raw = unsafe { sys::BN_bin2bn(big_endian.as_ptr(), big_endian.len(), ptr::null_mut()) };
        NonNull::new(raw).map(Self)
    }

    fn raw(&self) -> *mut sys::BIGNUM {
        self.0.as_ptr()
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        // SAFETY: this is the only owner.
        unsafe { sys::BN_clear_free(self.raw()) }
    }
}

/// The bytes of a number.
///
/// # Safety
/// `number` must be null or a live libcrypto number.
unsafe fn read(number: *const sys::BIGNUM) -> Part {
    if number.is_null() {
        return Zeroizing::default();
    }
    // SAFETY: the number is live, and the buffer has the length that libcrypto names for it.
    unsafe {
        let mut out = Zeroizing::new(vec![0; sys::BN_num_bytes(number) as usize]);
        sys::BN_bn2bin(number, out.as_mut_ptr());
        out
    }
}

/// Whether a call succeeded; if not, the thread's queue of errors is emptied.
fn succeeded(result: c_int) -> bool {
    if result != 1 {
        // SAFETY: touches the calling thread's queue alone.
        unsafe { sys::ERR_clear_error() }
    }
    result == 1
}
