//! An enum takes the bytes of its largest kind, and every command, event and record is moved as
//! often as the machine hands it on. A kind that is rare and large holds what makes it large in a
//! box; a fill holds none, because taking memory for each would cost more than a copy. Let a new
//! kind not raise these numbers, or say why all others are to pay for it.

use rhodian_core::engine::{Action, Envelope, Event, Record};
use rhodian_core::market;

#[cfg(target_pointer_width = "64")]
#[test]
fn no_kind_makes_all_others_large() {
    // A fill's own: 80 as a command and 112 as an event, and the name of its area before it.
    assert_eq!(size_of::<Action>(), 112);
    assert_eq!(size_of::<Envelope>(), 128);
    assert_eq!(size_of::<Event>(), 144);
    assert_eq!(size_of::<Record>(), 160);
    assert_eq!((size_of::<market::Command>(), size_of::<market::Event>()), (80, 112));
}
