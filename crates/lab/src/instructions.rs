//! Which of a processor's instructions a named kernel runs by, chosen when the program runs.

/// Which instructions a kernel runs by. All give the same bits: the choice is one of speed, and only
/// comparisons of speed or of bits need another than the best.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Instructions {
    /// What every processor of the build's target has.
    Baseline,
    /// AVX2 where the processor has it.
    Avx2,
    /// The widest that the processor has, up to AVX-512.
    #[default]
    Best,
}

/// A function that runs a kernel by the [`Instructions`] it is given. The kernel is
/// `#[inline(always)]`, so that it is compiled anew for each choice.
macro_rules! by_instructions {
    ($(#[$about:meta])* $name:ident($($given:ident: $of:ty),*) = $kernel:ident) => {
        $(#[$about])*
        pub(crate) fn $name(instructions: $crate::instructions::Instructions, $($given: $of),*) {
            #[multiversion::multiversion(targets("x86_64+avx2"))]
            fn avx2($($given: $of),*) {
                $kernel($($given),*);
            }

            #[multiversion::multiversion(targets(
                "x86_64+avx512f+avx512dq+avx512vl+avx512bw",
                "x86_64+avx2",
            ))]
            fn best($($given: $of),*) {
                $kernel($($given),*);
            }

            match instructions {
                $crate::instructions::Instructions::Baseline => $kernel($($given),*),
                $crate::instructions::Instructions::Avx2 => avx2($($given),*),
                $crate::instructions::Instructions::Best => best($($given),*),
            }
        }
    };
}

pub(crate) use by_instructions;
