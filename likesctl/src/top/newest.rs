//! The newest object of the archive.

use jiff::Timestamp;

use super::services::Services;
use crate::{newest, unread::Unread};

/// When the newest object was written; `None` if there is none of the last [`newest::DAYS`] days.
pub(super) async fn read(services: &Services) -> Result<Option<Timestamp>, Unread> {
    // Back to the first day that has an object.
    let objects = newest::objects(&services.archive, Timestamp::MAX).await?;
    Ok(objects.first().and_then(|object| Timestamp::from_second(object.written).ok()))
}
