//! Tables of figures, whoever sends them: read as the strict ones that packs hold where they
//! are such, and as people send them else.

use super::Service;
use super::access::{Audience, Figures, Grant};
use super::fault::Fault;
use super::live::Snapshot;
use super::packs::{FigureSource, LooseFile, is_strict, may_be_loose, read_loose};
use super::writer::{WriteRequest, Written};
use bytes::Buf;
use std::sync::Arc;

impl Service {
    /// Imports a table of figures, all or nothing; a dry run only says what it would do.
    ///
    /// # Errors
    /// What is wrong with the table, or with its figures.
    pub async fn import_table(
        self: &Arc<Self>,
        (grant, audience): (&Grant<Figures>, Audience),
        snapshot: &Arc<Snapshot>,
        file: LooseFile,
        dry_run: bool,
        request: WriteRequest,
    ) -> Result<Written, Fault> {
        let campaign = &snapshot.campaign().code;
        if is_strict(&file) {
            let (source, audience) = (Box::new(file.bytes.clone().reader()), audience.clone());
            let table = FigureSource::Table { source, audience };
            let strict = self.import_figures(grant, campaign, table, dry_run, request.clone());
            match strict.answer().await {
                Err(refused) if may_be_loose(snapshot.campaign(), &file, &refused) => {}
                answer => return answer,
            }
        }
        let of = snapshot.clone();
        let read = self.blocking(move |_| read_loose(&of, &audience, &file)).await?;
        self.import_figures(grant, campaign, FigureSource::Loose(read), dry_run, request).answer().await
    }
}
