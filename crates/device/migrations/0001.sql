-- The store of one person on one device. Times are microseconds since 1970 on the wall clock, ids are 16-byte blobs,
-- documents are JSON text in the contract's form.

-- Whose store this is and how far it has followed the server. One row.
CREATE TABLE store (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  server TEXT,                          -- bound to this account; NULL: captured without an account
  account BLOB,
  adopting_server TEXT,                 -- the account that the captures here were promised to, until they have moved
  adopting_account BLOB,
  adopting_id BLOB,                     -- this adoption: what is captured here after it belongs to another one
  epoch TEXT,                           -- the server's database, as of the last page
  epoch_stale INTEGER NOT NULL DEFAULT 0, -- the server named another epoch: pull before pushing
  cursor TEXT,                          -- where the last page ended; NULL: pull from the start
  witness TEXT,                         -- of the newest reply to a push since that page
  pass INTEGER NOT NULL DEFAULT 1,      -- counts the pulls from the start; orders confirmed copies before `seq` does
  swept INTEGER NOT NULL DEFAULT 1,     -- the last pass after whose end it was looked for what the server lacks
  head INTEGER NOT NULL DEFAULT 0,      -- newest feed number the server named
  caught_up INTEGER NOT NULL DEFAULT 0, -- the last page said that there was no more
  paused TEXT CHECK (paused IN ('sign_in', 'account_gone', 'update_app')),
  limits TEXT,                          -- the plan, as of the last page
  resends INTEGER NOT NULL DEFAULT 0,   -- repeated sends since the last report
  recovery TEXT,                        -- what was rescued, if this store replaced a damaged one
  CHECK ((server IS NULL) = (account IS NULL)),
  CHECK ((adopting_server IS NULL) = (adopting_account IS NULL) AND (adopting_server IS NULL) = (adopting_id IS NULL))
);
INSERT INTO store (one) VALUES (1);

-- Which database each pass was pulled from: a confirmed copy's epoch.
CREATE TABLE passes (
  pass INTEGER PRIMARY KEY,
  epoch TEXT NOT NULL
);

-- The two lanes: the lease of the request under way, and the wait after a failure.
CREATE TABLE lanes (
  lane TEXT PRIMARY KEY CHECK (lane IN ('push', 'pull')),
  token BLOB,                           -- the lease; NULL: nothing under way
  leased_at INTEGER,
  leased_until INTEGER,
  leased_cursor TEXT,                   -- pull: the cursor that was asked for
  attempts INTEGER NOT NULL DEFAULT 0,  -- failures in a row
  wait_from INTEGER,
  wait_until INTEGER,
  wait_limited INTEGER NOT NULL DEFAULT 0, -- 1: the server limits the rate; nobody on this side ends that wait
  problem TEXT,                         -- what the server said at the last failure; NULL: it said nothing
  answered_at INTEGER,                  -- when the server last answered what was asked
  batch_limit INTEGER NOT NULL DEFAULT 500,
  suspects_through INTEGER              -- push: the batch that was refused ended here; small batches until it is through
) WITHOUT ROWID;
INSERT INTO lanes (lane) VALUES ('push'), ('pull');

-- Places as the person sees them: the confirmed copy with every pending operation on top. Only a capture without a
-- position has its truth here alone.
CREATE TABLE places (
  local_id INTEGER PRIMARY KEY AUTOINCREMENT,
  client_id BLOB,                       -- own captures
  place_id BLOB,                        -- once the server's row is known
  made_here INTEGER NOT NULL DEFAULT 0, -- captured by this device: nobody else can have sent it
  name TEXT,
  note TEXT,
  category TEXT,
  tags TEXT NOT NULL DEFAULT '[]',
  latitude REAL,                        -- NULL: no position yet
  longitude REAL,
  accuracy REAL,
  altitude REAL,
  position_source TEXT,
  captured_at INTEGER NOT NULL,
  source TEXT,
  role TEXT NOT NULL,
  deleted_at INTEGER,                   -- in the trash, as the person sees it
  attention TEXT CHECK (attention IN ('deleted_for_good', 'no_longer_visible', 'older')),
  fix_wait_from INTEGER,                -- without a position: a fix is expected from … until
  fix_wait_until INTEGER,
  search TEXT NOT NULL,                 -- name, note, category and tags: lower case, without marks
  CHECK ((latitude IS NULL) = (longitude IS NULL))
);
CREATE UNIQUE INDEX places_client_id ON places (client_id) WHERE client_id IS NOT NULL;
CREATE UNIQUE INDEX places_place_id ON places (place_id) WHERE place_id IS NOT NULL;
CREATE INDEX places_listed ON places (deleted_at IS NOT NULL, captured_at, local_id);
CREATE INDEX places_attention ON places (local_id) WHERE attention IS NOT NULL;
CREATE INDEX places_without_position ON places (local_id) WHERE latitude IS NULL;

-- The confirmed copy: a place exactly as the server last said, with the feed number of that word. An older one never
-- replaces a newer: (pass, seq) only grows.
CREATE TABLE confirmed (
  local_id INTEGER PRIMARY KEY REFERENCES places (local_id) ON DELETE CASCADE,
  version INTEGER NOT NULL,
  pass INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  place TEXT NOT NULL,
  kept TEXT,                            -- after a restore of the server: a state that it has lost
  kept_pass INTEGER
);

-- Operations that the server has not acknowledged. One chain per place, in order of `number`; only its head moves.
CREATE TABLE outbox (
  number INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice: a person names operations by it
  op_id BLOB NOT NULL,
  place INTEGER NOT NULL REFERENCES places (local_id),
  kind TEXT NOT NULL,
  payload_version INTEGER NOT NULL,
  payload BLOB NOT NULL,                -- the bytes that are sent; they change only while `frozen` is 0
  frozen INTEGER NOT NULL DEFAULT 0,    -- 1 from the first lease on
  head INTEGER NOT NULL,                -- 1: nothing of the same place is in front
  state TEXT NOT NULL DEFAULT 'queued'
    CHECK (state IN ('queued', 'leased', 'backoff', 'plan', 'conflict', 'rejected')),
  lease BLOB,                           -- the push that carries it
  wait_from INTEGER,
  wait_until INTEGER,
  wait_limited INTEGER NOT NULL DEFAULT 0, -- 1: the server limits the rate
  attempts INTEGER NOT NULL DEFAULT 0,  -- sends
  failures INTEGER NOT NULL DEFAULT 0,  -- failures of this operation alone, in a row
  problem TEXT,                         -- why it waits or was refused
  conflict TEXT,                        -- reason and fields; the server's side is the confirmed copy
  queued_at INTEGER NOT NULL,
  boot INTEGER NOT NULL,                -- the monotonic clock when it was queued
  since_boot INTEGER NOT NULL,
  first_sent_at INTEGER,
  last_sent_at INTEGER
);
CREATE INDEX outbox_place ON outbox (place, number);
-- Partial, so that a queued operation costs one entry and a send looks only at what it may send.
CREATE INDEX outbox_ready ON outbox (number) WHERE head = 1 AND state = 'queued' AND failures = 0;
CREATE INDEX outbox_suspect ON outbox (number) WHERE head = 1 AND state = 'queued' AND failures > 0;
-- One per state that is looked for: SQLite uses a partial index only where a query repeats its condition word for word.
CREATE INDEX outbox_leased ON outbox (number) WHERE state = 'leased';
CREATE INDEX outbox_backoff ON outbox (wait_until) WHERE state = 'backoff';
CREATE INDEX outbox_plan ON outbox (number) WHERE state = 'plan';
CREATE INDEX outbox_conflict ON outbox (number) WHERE state = 'conflict';
CREATE INDEX outbox_rejected ON outbox (number) WHERE state = 'rejected';

-- What happened to places here: operations that left the outbox, refusals of pending ones, and notes. Outlives its place.
CREATE TABLE journal (
  number INTEGER PRIMARY KEY,
  place INTEGER NOT NULL,
  at INTEGER NOT NULL,
  event TEXT NOT NULL,
  op_id BLOB,
  kind TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  queued_at INTEGER,
  first_sent_at INTEGER,
  last_sent_at INTEGER,
  detail TEXT
);
CREATE INDEX journal_place ON journal (place, number);

-- How long captures took to be confirmed, until it is reported.
CREATE TABLE confirmations (
  op_id BLOB PRIMARY KEY,
  seconds REAL NOT NULL,
  lease BLOB                            -- the push that reports it
) WITHOUT ROWID;

-- Imports, and every capture that one of them made or will make. The rows stay when places go, so that the same file
-- again makes nothing new.
CREATE TABLE imports (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  label TEXT NOT NULL,
  begun_at INTEGER NOT NULL,
  total INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'finished', 'cancelled', 'undoing', 'undone')),
  done INTEGER NOT NULL DEFAULT 0,
  vanished INTEGER NOT NULL DEFAULT 0,
  deleted INTEGER NOT NULL DEFAULT 0,
  kept INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE import_items (
  client_id BLOB PRIMARY KEY,
  import INTEGER NOT NULL REFERENCES imports (id),
  number INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('staged', 'made', 'settled')),
  payload BLOB NOT NULL                 -- the create
) WITHOUT ROWID;
CREATE INDEX import_items_order ON import_items (import, state, number);

-- Captures taken over from the store without an account, so that an adoption that was interrupted brings none of them
-- back that was deleted meanwhile. Kept only until their adoption is over.
CREATE TABLE adopted (
  adoption BLOB NOT NULL,               -- the other store's `adopting_id`
  client_id BLOB NOT NULL,
  PRIMARY KEY (adoption, client_id)
) WITHOUT ROWID;
