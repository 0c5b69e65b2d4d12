//! Package management (API-PKG-1 to API-PKG-4).
use std::ffi::c_void;

use countersign::{Error, Status};

use crate::boundary::{boundary, write};
use crate::layout::{AnsiStr, SECURITY_PACKAGE_OPTIONS, SecPkgInfo, WideStr};
use crate::memory;
use crate::packages::records;
use crate::state::{package, process};
use crate::text::{Ansi, Text, Wide, terminated};

/// Lists all packages.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn EnumerateSecurityPackagesA(
    count: *mut u32,
    infos: *mut *mut SecPkgInfo,
) -> i32 {
    // SAFETY: the caller's contract.
    unsafe { enumerate::<Ansi>(count, infos) }
}

/// Lists all packages.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn EnumerateSecurityPackagesW(
    count: *mut u32,
    infos: *mut *mut SecPkgInfo,
) -> i32 {
    // SAFETY: the caller's contract.
    unsafe { enumerate::<Wide>(count, infos) }
}

unsafe fn enumerate<T: Text>(count: *mut u32, infos: *mut *mut SecPkgInfo) -> i32 {
    boundary("EnumerateSecurityPackages", || {
        if count.is_null() || infos.is_null() {
            return Err(nowhere());
        }
        let list: Vec<_> = process()?.packages().iter().map(|p| p.info()).collect();
        let block = records::<T>(&list)?;
        // SAFETY: not null, and so room for a result, by the caller's contract.
        unsafe {
            write(infos, block);
            write(count, u32::try_from(list.len()).unwrap_or_default());
        }
        Ok(Status::SEC_E_OK)
    })
}

/// Gives the record of one package.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn QuerySecurityPackageInfoA(
    name: AnsiStr,
    info: *mut *mut SecPkgInfo,
) -> i32 {
    // SAFETY: the caller's contract.
    unsafe { query::<Ansi>(name.cast(), info) }
}

/// Gives the record of one package.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn QuerySecurityPackageInfoW(
    name: WideStr,
    info: *mut *mut SecPkgInfo,
) -> i32 {
    // SAFETY: the caller's contract.
    unsafe { query::<Wide>(name, info) }
}

unsafe fn query<T: Text>(name: *const T::Unit, info: *mut *mut SecPkgInfo) -> i32 {
    boundary("QuerySecurityPackageInfo", || {
        if info.is_null() {
            return Err(nowhere());
        }
        // SAFETY: the caller's contract.
        let name = unsafe { package_name::<T>(name) }?;
        let block = records::<T>(&[package(&name)?.info()])?;
        // SAFETY: not null, and so room for a result, by the caller's contract.
        unsafe { write(info, block) };
        Ok(Status::SEC_E_OK)
    })
}

/// Reads the name of a package, which must be there.
pub(crate) unsafe fn package_name<T: Text>(name: *const T::Unit) -> Result<String, Error> {
    // SAFETY: the caller's contract.
    let name = unsafe { terminated::<T>(name, "the name of the package") }?;
    name.ok_or_else(|| Error::PackageNotFound(String::new()))
}

/// Enables a package by name: nothing foreign is loaded (spec/09 row 21).
#[unsafe(no_mangle)]
pub unsafe extern "system" fn AddSecurityPackageA(
    name: AnsiStr,
    options: *const SECURITY_PACKAGE_OPTIONS,
) -> i32 {
    let _ = options;
    // SAFETY: the caller's contract.
    unsafe { enable::<Ansi>(name.cast(), true) }
}

/// Enables a package by name: nothing foreign is loaded (spec/09 row 21).
#[unsafe(no_mangle)]
pub unsafe extern "system" fn AddSecurityPackageW(
    name: WideStr,
    options: *const SECURITY_PACKAGE_OPTIONS,
) -> i32 {
    let _ = options;
    // SAFETY: the caller's contract.
    unsafe { enable::<Wide>(name, true) }
}

/// Disables a package of the process by name.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn DeleteSecurityPackageA(name: AnsiStr) -> i32 {
    // SAFETY: the caller's contract.
    unsafe { enable::<Ansi>(name.cast(), false) }
}

/// Disables a package of the process by name.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn DeleteSecurityPackageW(name: WideStr) -> i32 {
    // SAFETY: the caller's contract.
    unsafe { enable::<Wide>(name, false) }
}

unsafe fn enable<T: Text>(name: *const T::Unit, enabled: bool) -> i32 {
    boundary(
        if enabled {
            "AddSecurityPackage"
        } else {
            "DeleteSecurityPackage"
        },
        || {
            // SAFETY: the caller's contract.
            let name = unsafe { package_name::<T>(name) }?;
            process()?.enable(&name, enabled)?;
            Ok(Status::SEC_E_OK)
        },
    )
}

/// Releases memory that any function gave; foreign memory is refused.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn FreeContextBuffer(at: *mut c_void) -> i32 {
    boundary("FreeContextBuffer", || {
        if at.is_null() || memory::take_back(at.cast()) {
            Ok(Status::SEC_E_OK)
        } else {
            Err(crate::credential::invalid_handle())
        }
    })
}

fn nowhere() -> Error {
    countersign::ApiMisuse::InvalidParameter("no place for the result").into()
}
