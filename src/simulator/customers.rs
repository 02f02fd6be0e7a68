//! A handful of invented customers, and when they text in.
//!
//! Their numbers are of the range that is kept free for fiction, so nobody can be texted by
//! mistake. What becomes of an answer to each is in the table of the parent module.

use std::time::Duration;

use super::hook::Hook;
use super::inbound;

/// Somebody who texts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Customer {
    /// Who they say they are.
    pub name: &'static str,
    /// Their number, in E.164.
    pub number: &'static str,
    /// Their texts, each with the milliseconds to wait before it; nothing to wait means at the
    /// same moment as the one before.
    pub texts: &'static [(u64, &'static str)],
}

/// The customers of the demo.
pub const CUSTOMERS: &[Customer] = &[
    Customer {
        name: "Maya",
        number: "+12025550107",
        texts: &[
            (300, "Hi, my parcel 4471 has not come yet. Can you look?"),
            (2_500, "It should have been here on Tuesday."),
        ],
    },
    Customer {
        name: "Theo",
        number: "+12025550150",
        texts: &[(900, "Do you still have the green kettle? 🫖")],
    },
    Customer {
        name: "Ines",
        number: "+12025550159",
        texts: &[
            (1_400, "Can I move my appointment to Friday?"),
            (0, "Friday morning, if you can"),
        ],
    },
    Customer {
        name: "Oleg",
        number: "+12025550152",
        texts: &[(2_000, "Спасибо, всё пришло вовремя!")],
    },
    Customer {
        name: "Ruth",
        number: "+12025550160",
        texts: &[(3_200, "Please send me the invoice for March")],
    },
    Customer {
        name: "Sam",
        number: "+12025550175",
        texts: &[(4_100, "My phone was off all day, did you call?")],
    },
];

/// Texts in as this customer does.
pub(super) async fn play(customer: &Customer, hook: &Hook, to: &str, url: &str) {
    let mut rest = customer.texts;
    while let Some((wait, _)) = rest.first() {
        tokio::time::sleep(Duration::from_millis(*wait)).await;
        let together = 1 + rest[1..].iter().take_while(|(wait, _)| *wait == 0).count();
        let (now, later) = rest.split_at(together);
        let posts = now.iter().map(|(_, text)| {
            let payload = inbound(customer.number, to, text);
            async move { hook.post(url, &payload).await }
        });
        futures_util::future::join_all(posts).await;
        rest = later;
    }
}
