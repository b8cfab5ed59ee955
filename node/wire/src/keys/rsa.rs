//! RSA-4096 PSS with SHA-256, through libcrypto (aws-lc): the one file of the house with unsafe code.
//!
//! 1. The salt length is recovered from the signature, not fixed: real items have 0, 32 and the longest (478), by the
//!    library that signed them, and settled ones any other.
//! 2. Only 4096-bit moduli with exponent 65537 are keys.
//! 3. A signature is a number below the modulus, which libcrypto checks; so it has one form.
//!
//! Every pointer lives in one of two owners ([`Number`], [`Key`]) that free it once; no pointer leaves this file.

#![allow(unsafe_code)]

use std::ffi::c_int;
use std::ptr::{self, NonNull};

use aws_lc_sys as sys;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::error::{KeyError, SignatureError};
use crate::item::Strictness;

/// Length of a modulus, and so of owner and signature.
pub(super) const MODULUS_BYTES: usize = 512;

const MODULUS_BITS: u32 = 4_096;
const EXPONENT: u64 = 65_537;
const HASH_BYTES: usize = 32;

/// The longest salt that fits: modulus bytes less the hash, less the marks before and after.
const SALT_BYTES_LONGEST: c_int = (MODULUS_BYTES - HASH_BYTES - 2) as c_int;

/// The salt lengths that signing libraries in use choose: the hash's, the longest, none. Most frequent first.
const USUAL_SALTS: [c_int; 3] = [HASH_BYTES as c_int, SALT_BYTES_LONGEST, 0];

/// One number of a private key, big-endian, wiped when dropped.
pub(super) type Part = Zeroizing<Vec<u8>>;

/// The numbers of a private key, by their JWK names.
pub(super) struct Parts {
    pub(super) n: Part,
    pub(super) e: Part,
    pub(super) d: Part,
    pub(super) p: Part,
    pub(super) q: Part,
    pub(super) dp: Part,
    pub(super) dq: Part,
    pub(super) qi: Part,
}

/// How a signature is salted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Salt {
    /// 32 fresh random bytes.
    Random,
    /// None: the same message gives the same signature.
    Empty,
}

/// Verifies a PSS signature over SHA-256 of `message`.
pub(super) fn verify(
    owner: &[u8],
    message: &[u8],
    signature: &[u8],
    strictness: Strictness,
) -> Result<(), SignatureError> {
    let key = Key::public(owner)?;
    let encoded = key.open(signature).ok_or(SignatureError::Mismatch)?;
    let digest = Sha256::digest(message).into();
    if !key.pss_holds(&digest, &encoded, sys::RSA_PSS_SALTLEN_AUTO) {
        return Err(SignatureError::Mismatch);
    }
    let usual = || {
        USUAL_SALTS
            .iter()
            .any(|salt| key.pss_holds(&digest, &encoded, *salt))
    };
    match strictness {
        Strictness::Entrance if !usual() => Err(SignatureError::OddSalt),
        _ => Ok(()),
    }
}

/// A checked private key.
pub(super) struct PrivateKey(Key);

impl PrivateKey {
    pub(super) fn from_parts(parts: &Parts) -> Result<Self, KeyError> {
        let all = [
            &parts.n, &parts.e, &parts.d, &parts.p, &parts.q, &parts.dp, &parts.dq, &parts.qi,
        ];
        if all
            .iter()
            .any(|part| part.is_empty() || part.len() > MODULUS_BYTES)
        {
            return Err(KeyError::Rsa);
        }
        let numbers: Option<Vec<Number>> = all.iter().map(|part| Number::new(part)).collect();
        let numbers = numbers.ok_or(KeyError::Rsa)?;
        let [n, e, d, p, q, dp, dq, qi] = numbers.as_slice() else {
            return Err(KeyError::Rsa);
        };
        // SAFETY: the eight pointers are live numbers; the call copies them.
        let raw = unsafe {
            sys::RSA_new_private_key(
                n.raw(),
                e.raw(),
                d.raw(),
                p.raw(),
                q.raw(),
                dp.raw(),
                dq.raw(),
                qi.raw(),
            )
        };
        Self::checked(Key::own(raw).ok_or(KeyError::Rsa)?)
    }

    pub(super) fn generate() -> Result<Self, KeyError> {
        let exponent = Number::new(&EXPONENT.to_be_bytes()).ok_or(KeyError::Generate)?;
        // SAFETY: takes nothing, gives a fresh key or null.
        let key = Key::own(unsafe { sys::RSA_new() }).ok_or(KeyError::Generate)?;
        let bits = MODULUS_BITS as c_int;
        // SAFETY: key and exponent are live; the callback may be null.
        let made =
            unsafe { sys::RSA_generate_key_ex(key.raw(), bits, exponent.raw(), ptr::null_mut()) };
        if made != 1 {
            return Err(KeyError::Generate);
        }
        Self::checked(key)
    }

    /// The modulus in owner form.
    pub(super) fn modulus(&self) -> Vec<u8> {
        self.parts().n.to_vec()
    }

    pub(super) fn parts(&self) -> Parts {
        let raw = self.0.raw();
        // SAFETY: the key is live; each getter gives a number that lives as long as the key, and `read` copies it before
        // the key can go. `from_parts` and `generate` leave no number unset.
        unsafe {
            Parts {
                n: read(sys::RSA_get0_n(raw)),
                e: read(sys::RSA_get0_e(raw)),
                d: read(sys::RSA_get0_d(raw)),
                p: read(sys::RSA_get0_p(raw)),
                q: read(sys::RSA_get0_q(raw)),
                dp: read(sys::RSA_get0_dmp1(raw)),
                dq: read(sys::RSA_get0_dmq1(raw)),
                qi: read(sys::RSA_get0_iqmp(raw)),
            }
        }
    }

    /// Signs SHA-256 of `message`. libcrypto draws the salt from its own generator, which aborts rather than repeats.
    pub(super) fn sign(&self, message: &[u8], salt: Salt) -> Vec<u8> {
        let digest = Sha256::digest(message);
        let salt_bytes = match salt {
            Salt::Random => HASH_BYTES as c_int,
            Salt::Empty => 0,
        };
        let mut out = vec![0; MODULUS_BYTES];
        let mut written = 0;
        // SAFETY: `out` has room for the modulus length, the digest has the length of the named hash, the key is live and
        // libcrypto documents signing as safe from several threads at once.
        let signed = unsafe {
            sys::RSA_sign_pss_mgf1(
                self.0.raw(),
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
        assert!(
            signed == 1 && written == MODULUS_BYTES,
            "a checked RSA key signs; memory is spent"
        );
        out
    }

    /// libcrypto proves that the numbers fit together, so that no fault of the file can leak the key in a signature.
    fn checked(key: Key) -> Result<Self, KeyError> {
        // SAFETY: the key is live and only read.
        let consistent = unsafe { sys::RSA_check_key(key.raw()) } == 1;
        match consistent && key.is_ours() {
            true => Ok(Self(key)),
            false => {
                forget_errors();
                Err(KeyError::Rsa)
            }
        }
    }
}

/// The owner of a libcrypto key.
struct Key(NonNull<sys::RSA>);

// SAFETY: after construction the key is only read, and libcrypto documents signing and verification as non-mutating for the
// purpose of threads; the blinding state inside has its own lock.
unsafe impl Send for Key {}
// SAFETY: as above.
unsafe impl Sync for Key {}

impl Key {
    fn own(raw: *mut sys::RSA) -> Option<Self> {
        if raw.is_null() {
            forget_errors();
        }
        NonNull::new(raw).map(Self)
    }

    fn public(modulus: &[u8]) -> Result<Self, SignatureError> {
        let (n, e) = Number::new(modulus)
            .zip(Number::new(&EXPONENT.to_be_bytes()))
            .ok_or(SignatureError::NoKey)?;
        // SAFETY: both pointers are live numbers; the call copies them.
        let key = Self::own(unsafe { sys::RSA_new_public_key(n.raw(), e.raw()) });
        key.filter(Self::is_ours).ok_or(SignatureError::NoKey)
    }

    fn raw(&self) -> *mut sys::RSA {
        self.0.as_ptr()
    }

    fn is_ours(&self) -> bool {
        // SAFETY: the key is live; the exponent getter gives a number of the key, or null, which `is_exponent` checks.
        unsafe {
            sys::RSA_bits(self.raw()) == MODULUS_BITS && is_exponent(sys::RSA_get0_e(self.raw()))
        }
    }

    /// The encoded message inside a signature: signature to the power of the exponent.
    fn open(&self, signature: &[u8]) -> Option<[u8; MODULUS_BYTES]> {
        let mut encoded = [0; MODULUS_BYTES];
        let mut written = 0;
        // SAFETY: `encoded` has room for the modulus length, which is what raw opening writes at most.
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
        if opened != 1 {
            forget_errors();
        }
        (opened == 1 && written == MODULUS_BYTES).then_some(encoded)
    }

    fn pss_holds(
        &self,
        digest: &[u8; HASH_BYTES],
        encoded: &[u8; MODULUS_BYTES],
        salt: c_int,
    ) -> bool {
        // SAFETY: the call reads a digest of the named hash and an encoded message as long as the modulus.
        let holds = unsafe {
            sys::RSA_verify_PKCS1_PSS_mgf1(
                self.raw(),
                digest.as_ptr(),
                sys::EVP_sha256(),
                sys::EVP_sha256(),
                encoded.as_ptr(),
                salt,
            )
        } == 1;
        if !holds {
            forget_errors();
        }
        holds
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
/// `number` must be a live libcrypto number.
unsafe fn read(number: *const sys::BIGNUM) -> Part {
    // SAFETY: the caller says that the number is live; the buffer has the length that libcrypto names for it.
    unsafe {
        let mut out = Zeroizing::new(vec![0; sys::BN_num_bytes(number) as usize]);
        let written = sys::BN_bn2bin(number, out.as_mut_ptr());
        debug_assert_eq!(written, out.len());
        out
    }
}

/// # Safety
/// `number` must be null or a live libcrypto number.
unsafe fn is_exponent(number: *const sys::BIGNUM) -> bool {
    // SAFETY: the number is live where it is not null.
    !number.is_null() && unsafe { sys::BN_is_word(number, EXPONENT) == 1 }
}

/// libcrypto queues its errors per thread; ours are in the return values, so the queue must not grow.
fn forget_errors() {
    // SAFETY: touches the calling thread's queue alone.
    unsafe { sys::ERR_clear_error() }
}
