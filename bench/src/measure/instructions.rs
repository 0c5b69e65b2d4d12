//! Counts the instructions of one operation by stepping through them in a child process.
//!
//! The count is of user mode, a repeated string instruction counts once, and a system call is one
//! instruction. The code is that of the real processor; a simulator would lack its newer parts.
use std::arch::asm;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;

use libc::{c_int, c_long, c_uint, c_void, pid_t};

use super::{Operation, processors};

/// Why nothing was counted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct NotCounted(String);

impl fmt::Display for NotCounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not counted: {}", self.0)
    }
}

/// Counts instructions, less those of the counting itself.
#[derive(Debug)]
pub(crate) struct Counter {
    overhead: u64,
}

impl Counter {
    /// Finds out whether children can be traced, and what the counting itself costs.
    pub(crate) fn new() -> Result<Self, NotCounted> {
        Ok(Self {
            overhead: between_marks(&mut Nothing)?,
        })
    }

    /// The instructions of one operation.
    pub(crate) fn count(&self, operation: &mut dyn Operation) -> Result<u64, NotCounted> {
        Ok(between_marks(operation)?.saturating_sub(self.overhead))
    }
}

struct Nothing;

impl Operation for Nothing {
    fn batch(&self) -> usize {
        1
    }
    fn run(&mut self, _: usize) {}
}

/// Stops the process for its tracer; always at the same address.
#[inline(never)]
fn mark() {
    // SAFETY: a breakpoint changes no register and no memory; the tracer goes on behind it.
    unsafe { asm!("int3") };
}

/// Exit code of a child that could not be traced; a panic has its own.
const DENIED: c_int = 77;
const PANICKED: c_int = 78;

fn between_marks(operation: &mut dyn Operation) -> Result<u64, NotCounted> {
    // Tracer and child wait for each other at every step: on one processor that is several times
    // faster than on two. Where it can not be had, counting takes longer.
    let everywhere = processors::stay_here();
    let counted = trace(operation);
    if let Some(set) = everywhere {
        processors::bind(&set);
    }
    counted
}

fn trace(operation: &mut dyn Operation) -> Result<u64, NotCounted> {
    // SAFETY: this process has one thread, so the child may run any code that the parent may.
    match unsafe { libc::fork() } {
        -1 => Err(system("fork")),
        0 => {
            let code = catch_unwind(AssertUnwindSafe(|| traced(operation)));
            // SAFETY: leaves without running the parent's handlers a second time.
            unsafe { libc::_exit(code.unwrap_or(PANICKED)) }
        }
        child => {
            let count = step(child)?;
            ptrace(libc::PTRACE_CONT, child, 0)?;
            // SAFETY: no status is asked for.
            unsafe { libc::waitpid(child, null_mut(), 0) };
            Ok(count)
        }
    }
}

/// The child: warms up, then does one operation between two marks.
fn traced(operation: &mut dyn Operation) -> c_int {
    if ptrace(libc::PTRACE_TRACEME, 0, 0).is_err() {
        return DENIED;
    }
    operation.prepare(3);
    operation.run(3);
    operation.prepare(1);
    mark();
    operation.run(1);
    mark();
    0
}

/// The parent: goes on to the first mark, then instruction by instruction to the second.
fn step(child: pid_t) -> Result<u64, NotCounted> {
    let mut signal = wait(child)?;
    while signal != libc::SIGTRAP {
        ptrace(libc::PTRACE_CONT, child, signal)?;
        signal = wait(child)?;
    }
    let mark = instruction_pointer(child)?;
    let (mut last, mut count, mut signal) = (mark, 0, 0);
    loop {
        ptrace(libc::PTRACE_SINGLESTEP, child, signal)?;
        signal = match wait(child)? {
            libc::SIGTRAP => 0,
            other => other,
        };
        let at = instruction_pointer(child)?;
        if at == mark {
            return Ok(count);
        }
        // A string instruction stops after each repetition.
        if at != last {
            count += 1;
        }
        last = at;
    }
}

/// Waits until the child stops and gives the signal that stopped it.
fn wait(child: pid_t) -> Result<c_int, NotCounted> {
    let mut status = 0;
    // SAFETY: `status` is valid for writes.
    if unsafe { libc::waitpid(child, &raw mut status, 0) } < 0 {
        return Err(system("waitpid"));
    }
    if libc::WIFSTOPPED(status) {
        return Ok(libc::WSTOPSIG(status));
    }
    Err(NotCounted(match libc::WEXITSTATUS(status) {
        DENIED if libc::WIFEXITED(status) => "ptrace is not allowed here".to_owned(),
        _ => format!("the traced child ended (status {status:#x})"),
    }))
}

/// A request that carries nothing but a signal.
fn ptrace(request: c_uint, child: pid_t, signal: c_int) -> Result<(), NotCounted> {
    // SAFETY: the requests made here take no address, and a signal number as data.
    let result = unsafe {
        libc::ptrace(
            request,
            child,
            null_mut::<c_void>(),
            c_long::from(signal) as *mut c_void,
        )
    };
    if result < 0 {
        return Err(system("ptrace"));
    }
    Ok(())
}

fn instruction_pointer(child: pid_t) -> Result<c_long, NotCounted> {
    let offset = std::mem::offset_of!(libc::user_regs_struct, rip);
    // SAFETY: glibc's wrapper stores the word itself; the address is an offset into the registers.
    let word = unsafe {
        libc::ptrace(
            libc::PTRACE_PEEKUSER,
            child,
            offset as *mut c_void,
            null_mut::<c_void>(),
        )
    };
    // Code does not lie in the last page, so -1 is an error.
    if word == -1 {
        return Err(system("ptrace"));
    }
    Ok(word)
}

fn system(call: &str) -> NotCounted {
    NotCounted(format!("{call}: {}", std::io::Error::last_os_error()))
}
