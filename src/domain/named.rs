//! Enums whose values have a name: one list of names serves the API, the store and metrics.

/// Makes an enum whose values each have a name.
macro_rules! named {
    (
        $(#[$meta:meta])*
        $visible:vis enum $name:ident {
            $($(#[$doc:meta])* $value:ident = $text:literal,)*
        }
    ) => {
        $(#[$meta])*
        $visible enum $name { $($(#[$doc])* $value,)* }

        impl $name {
            /// Every value, in the order in which they are declared.
            pub const ALL: [Self; [$($text,)*].len()] = [$(Self::$value,)*];

            /// The name in the API, in the store and in metrics.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$value => $text,)* }
            }

            /// The value of that name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|value| value.as_str() == name)
            }
        }
    };
}

pub(super) use named;
