//! The one writer: groups every waiting job into one transaction, commits it, then answers all of them.
//!
//! Each job runs inside its own savepoint, so that a failing one is undone alone; a job that is alone in its transaction needs
//! none, and SQLite then copies no page for it. The writer has a thread of its own with a
//! small runtime: jobs are asynchronous (so is the driver), but their futures never leave this thread and need not be `Send`.
//! It decides one thing only: after a failed COMMIT, or a fault of the disk, nothing is written any more.

use std::{pin::Pin, sync::Arc, thread};

use sqlx::Connection;
use tokio::sync::{mpsc, oneshot};

use super::{Db, StoreError, open::Folder, wal, wal::Copier};

/// Jobs that may wait: a little more than one group, so that the next one fills while the disk works.
const QUEUE: usize = 1_024;
/// Jobs in one transaction. A larger group would only make the first of it wait longer.
const GROUP: usize = 512;

/// The road to the writer's thread.
#[derive(Debug)]
pub(super) struct Writer {
    queue: mpsc::Sender<Order>,
}

enum Order {
    Run(Box<dyn Job>),
    Close(oneshot::Sender<()>),
}

impl Writer {
    /// Starts the thread. It keeps the folder locked for as long as it may write.
    pub(super) fn start(db: Db, copier: Copier, folder: Arc<Folder>) -> Result<Self, StoreError> {
        let (queue, orders) = mpsc::channel(QUEUE);
        let failed = |dir: &Folder| dir.failed("start the writer of");
        // No timers and no sockets: jobs talk to the database alone, and waking is cheaper without them.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(failed(&folder))?;
        let kept = folder.clone();
        thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || {
                let all = Loop {
                    db,
                    copier,
                    broken: None,
                };
                runtime.block_on(all.run(orders));
                drop(kept);
            })
            .map_err(failed(&folder))?;
        Ok(Self { queue })
    }

    pub(super) async fn write<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        F: AsyncFnOnce(&mut Db) -> Result<T, StoreError> + Send + 'static,
        T: Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let task = Task {
            work: Some(job),
            result: None,
            reply,
        };
        self.queue
            .send(Order::Run(Box::new(task)))
            .await
            .map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Returns when all jobs that were queued before are answered and the connection is closed.
    pub(super) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.queue.send(Order::Close(done)).await.is_ok() {
            // An error means that the thread has ended already, which is what was asked for.
            let _ = closed.await;
        }
    }
}

/// A job whose types are forgotten: it keeps its own result until the fate of the transaction is known.
trait Job: Send {
    fn run<'a>(&'a mut self, db: &'a mut Db) -> Pin<Box<dyn Future<Output = Ran> + 'a>>;
    fn answer(self: Box<Self>, fate: Result<(), StoreError>);
}

/// What a job did to its transaction.
enum Ran {
    Well,
    Failed,
    /// SQLite may have undone the whole transaction.
    UndidAll {
        reason: Arc<str>,
        disk_fault: bool,
    },
}

struct Task<F, T> {
    work: Option<F>,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Job for Task<F, T>
where
    F: AsyncFnOnce(&mut Db) -> Result<T, StoreError> + Send + 'static,
    T: Send + 'static,
{
    fn run<'a>(&'a mut self, db: &'a mut Db) -> Pin<Box<dyn Future<Output = Ran> + 'a>> {
        Box::pin(async move {
            let Some(work) = self.work.take() else {
                return Ran::Failed;
            };
            let result = work(db).await.map_err(StoreError::named);
            let ran = match &result {
                Ok(_) => Ran::Well,
                Err(error) if error.undoes_all() => Ran::UndidAll {
                    reason: error.to_string().into(),
                    disk_fault: error.is_disk_fault(),
                },
                Err(_) => Ran::Failed,
            };
            self.result = Some(result);
            ran
        })
    }

    fn answer(self: Box<Self>, fate: Result<(), StoreError>) {
        let answer = match (self.result, fate) {
            (Some(Err(own)), _) => Err(own),
            (_, Err(fate)) => Err(fate),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => Err(StoreError::Closed),
        };
        // Whoever asked may have gone; the job is done all the same.
        let _ = self.reply.send(answer);
    }
}

struct Loop {
    db: Db,
    copier: Copier,
    /// Why nothing is written any more.
    broken: Option<Arc<str>>,
}

impl Loop {
    async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut waiting = Vec::with_capacity(GROUP);
        while orders.recv_many(&mut waiting, GROUP).await > 0 {
            let (jobs, closing) = split(&mut waiting);
            if !jobs.is_empty() {
                self.group(jobs).await;
            }
            if !closing.is_empty() {
                return self.close(closing).await;
            }
        }
    }

    async fn close(self, closing: Vec<oneshot::Sender<()>>) {
        self.copier.close();
        if let Err(error) = self.db.close().await {
            tracing::warn!(%error, "the database was not closed in order; the next start repairs it");
        }
        for done in closing {
            // Whoever asked may have gone.
            let _ = done.send(());
        }
    }

    /// One transaction for all `jobs`; every job is answered, whatever happens.
    async fn group(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        let fate = match self.broken.as_ref().or(self.copier.fault()) {
            Some(reason) => Fate::Broken(reason.clone()),
            None => self.transaction(&mut jobs).await,
        };
        let is_committed = matches!(fate, Fate::Committed);
        if let Fate::Broken(reason) = &fate
            && self.broken.is_none()
        {
            tracing::error!(%reason, "the store refuses writes from now on");
            self.broken = Some(reason.clone());
        }
        for job in jobs {
            job.answer(fate.of_job());
        }
        if is_committed && self.copier.committed() {
            self.copy_rest().await;
        }
    }

    /// The last step of copying, between two transactions.
    async fn copy_rest(&mut self) {
        match wal::copy(&mut self.db).await {
            // All was copied: the next commit begins the log anew.
            Ok(_) => self.copier.copied(0),
            Err(error) if error.is_disk_fault() => {
                tracing::error!(%error, "the store refuses writes from now on");
                self.broken = Some(error.to_string().into());
            }
            Err(error) => tracing::warn!(%error, "the store's log is begun anew later"),
        }
    }

    async fn transaction(&mut self, jobs: &mut [Box<dyn Job>]) -> Fate {
        let is_alone = jobs.len() == 1;
        let begin = match is_alone {
            true => "BEGIN IMMEDIATE",
            false => "BEGIN IMMEDIATE; SAVEPOINT job",
        };
        if let Err(error) = self.execute(begin).await {
            return Fate::Undone(error.to_string().into());
        }
        for job in jobs {
            let ran = match is_alone {
                true => Ok(job.run(&mut self.db).await),
                false => self.savepoint(job).await,
            };
            match ran {
                Ok(Ran::Failed) if is_alone => return self.undo("its job failed".into()).await,
                Ok(Ran::Well | Ran::Failed) => {}
                Ok(Ran::UndidAll {
                    reason,
                    disk_fault: true,
                }) => return Fate::Broken(reason),
                Ok(Ran::UndidAll {
                    reason,
                    disk_fault: false,
                }) => return self.undo(reason).await,
                Err(error) => return Fate::Broken(error.to_string().into()),
            }
        }
        match self.execute("COMMIT").await {
            Ok(()) => Fate::Committed,
            Err(StoreError::DiskFull) => self.undo("the disk is full".into()).await,
            Err(error) => Fate::Broken(error.to_string().into()),
        }
    }

    /// Runs a job so that it can be undone alone. A savepoint is open already, and one is open again afterwards; COMMIT ends
    /// the last. Releasing and opening is one statement, because each is a trip to the database's thread and back.
    async fn savepoint(&mut self, job: &mut Box<dyn Job>) -> Result<Ran, StoreError> {
        let ran = job.run(&mut self.db).await;
        match ran {
            Ran::Well => self.execute("RELEASE job; SAVEPOINT job").await?,
            Ran::Failed => self.execute("ROLLBACK TO job").await?,
            Ran::UndidAll { .. } => {}
        }
        Ok(ran)
    }

    /// Undoes the transaction, if SQLite has not done so already.
    async fn undo(&mut self, reason: Arc<str>) -> Fate {
        // "No transaction is active" is the good case here; a connection that is truly stuck fails at the next BEGIN.
        let _ = self.execute("ROLLBACK").await;
        Fate::Undone(reason)
    }

    async fn execute(&mut self, sql: &'static str) -> Result<(), StoreError> {
        let done = sqlx::query(sql).execute(&mut self.db).await;
        done.map(drop)
            .map_err(|error| StoreError::from(error).named())
    }
}

/// What became of a transaction.
enum Fate {
    Committed,
    Undone(Arc<str>),
    Broken(Arc<str>),
}

impl Fate {
    fn of_job(&self) -> Result<(), StoreError> {
        match self {
            Self::Committed => Ok(()),
            Self::Undone(reason) => Err(StoreError::Undone(reason.clone())),
            Self::Broken(reason) => Err(StoreError::Refusing(reason.clone())),
        }
    }
}

fn split(waiting: &mut Vec<Order>) -> (Vec<Box<dyn Job>>, Vec<oneshot::Sender<()>>) {
    let mut jobs = Vec::with_capacity(waiting.len());
    let mut closing = Vec::new();
    for order in waiting.drain(..) {
        match order {
            Order::Run(job) => jobs.push(job),
            Order::Close(done) => closing.push(done),
        }
    }
    (jobs, closing)
}
