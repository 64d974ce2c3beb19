// Generated from crates/app by `HOLDFAST_WRITE_TYPES=1 cargo test -p holdfast-app`. Not to be edited.

/**
 * The account whose places are shown.
 */
export type AccountOverview = {
  /**
   * Its e-mail address.
   */
  email: string,
  /**
   * The server it is on.
   */
  server: string,
  /**
   * What the person calls this device.
   */
  deviceName: string,
  /**
   * False when the server has ended this device's access: a sign-in to the same account goes on with everything.
   */
  signedIn: boolean,
  /**
   * Whether the connection is not encrypted and leaves this machine.
   */
  unencrypted: boolean,
};

/**
 * Places taken into the account.
 */
export type Adopted = {
  /**
   * Places that are new in the account.
   */
  copied: number,
  /**
   * Places that were in it already.
   */
  known: number,
};

/**
 * What becomes of places saved without an account.
 */
export type Adoption = {
  /**
   * How many there are beside the account's own; 0 without an account, where they are what the list shows.
   */
  places: number,
  /**
   * Whether the person is to be asked (`adopt` or `keepApart`). False once they have decided, until there are more.
   */
  ask: boolean,
};

/**
 * Why a place needs attention.
 */
export type Attention = "conflict" | "rejected" | "planFull" | "deletedForGood" | "noLongerVisible" | "olderOnServer";

/**
 * A question or a command of a screen: `{"call": name, …}`.
 */
export type Call = DeviceCall | HostCall;

/**
 * A new place.
 */
export type Capture = {
  /**
   * A UUID that the screen has made for this one capture. The same again is the same capture, so that a call whose
   * answer got lost can be repeated.
   */
  clientId: string,
  /**
   * Where it is. Without one the place waits for its position on this device, and is not sent before it has one.
   */
  position?: NewPosition | null,
  /**
   * Where the position comes from: `fix` unless said.
   */
  positionSource?: PositionSource | null,
  /**
   * Without a position: until when a fix is expected; ten seconds from now unless said. From then on the place says
   * that it needs a position.
   */
  waitUntil?: string | null,
  /**
   * Its name.
   */
  name?: string | null,
  /**
   * Its note.
   */
  note?: string | null,
  /**
   * Its category.
   */
  category?: string | null,
  /**
   * Its tags.
   */
  tags?: Array<string> | null,
  /**
   * When it was captured; now unless said.
   */
  capturedAt?: string | null,
};

/**
 * What a capture made.
 */
export type Captured = {
  /**
   * The place.
   */
  place: Place,
  /**
   * False when this very capture was here already.
   */
  new: boolean,
};

/**
 * What a listener is told. A hint to ask again; several may come for one change, and one for several.
 */
export type Change = { "what": "places" } | { "what": "account" } | { "what": "overview" };

/**
 * A place after a command.
 */
export type Changed = {
  /**
   * The place as it is now.
   */
  place: Place,
  /**
   * False: there was nothing to change.
   */
  changed: boolean,
};

/**
 * A person's change, field by field: absent stays as it is, null clears.
 */
export type Changes = {
  /**
   * The name.
   */
  name?: string | null,
  /**
   * The note.
   */
  note?: string | null,
  /**
   * The category.
   */
  category?: string | null,
  /**
   * The marker moved by hand.
   */
  position?: NewPosition | null,
  /**
   * All tags it is to have, compared with those in `seen`.
   */
  tags?: Array<string> | null,
};

/**
 * An answer that is possible.
 */
export type Choice = "keepMine" | "keepTheirs" | "perField" | "keepAsNew" | "letGo";

/**
 * What went wrong, as a code that never changes its meaning.
 */
export type Code = "invalid_json" | "invalid_parameter" | "invalid_cursor" | "protocol_unsupported" | "unauthenticated" | "invalid_credentials" | "invalid_code" | "plan_limit_reached" | "forbidden" | "account_gone" | "wrong_account" | "cross_site" | "not_found" | "method_not_allowed" | "conflict" | "epoch_changed" | "already_set_up" | "gone" | "resync_required" | "too_large" | "unsupported_media_type" | "invalid" | "op_id_reused" | "client_too_old" | "rate_limited" | "internal" | "unavailable" | "unknown";

/**
 * Why an operation conflicts.
 */
export type ConflictReason = "fieldsChanged" | "changedSince" | "inTrash";

/**
 * What became of a deletion.
 */
export type DeleteOutcome = "vanished" | "inTrash";

/**
 * What became of a deletion, or of undoing a capture.
 */
export type Deleted = {
  /**
   * What became of it.
   */
  outcome: DeleteOutcome,
  /**
   * The place in the trash; null where it vanished.
   */
  place: Place | null,
};

/**
 * A call that is carried out on the store alone.
 */
export type DeviceCall = { "call": "list" } & List | { "call": "inUse" } | { "call": "place" } & OnePlace | { "call": "capture" } & Capture | { "call": "fix" } & Fix | { "call": "undoCapture" } & UndoCapture | { "call": "edit" } & Edit | { "call": "delete" } & Move | { "call": "restore" } & Move | { "call": "outbox" } & OutboxPage | { "call": "retry" } & OneEntry | { "call": "retryAll" } | { "call": "discard" } & Discard | { "call": "exportOutbox" } & Entries | { "call": "resolve" } & Resolve | { "call": "export" } & Export;

/**
 * Text for support.
 */
export type Diagnostics = {
  /**
   * Versions, counts, times and error codes; no place's content, no address, no account, no token.
   */
  text: string,
};

/**
 * Drops one operation of the outbox.
 */
export type Discard = {
  /**
   * The operation.
   */
  opId: string,
  /**
   * Its place as it was when the person was asked. Where something has been typed there since, and not been sent, nothing is
   * dropped (`changed_since`): that may have become part of the operation.
   */
  seen?: Seen | null,
};

/**
 * Whether anything was dropped.
 */
export type Discarded = {
  /**
   * False when it was gone already.
   */
  discarded: boolean,
};

/**
 * A person's change.
 */
export type Edit = {
  /**
   * The place.
   */
  key: PlaceKey,
  /**
   * What is to be different.
   */
  changes: Changes,
  /**
   * What the person saw when they decided; without it, what the store has now. Send it: it is what keeps an edit from
   * overwriting what nobody has looked at.
   */
  seen?: Seen | null,
};

/**
 * All of the outbox, or one operation.
 */
export type Entries = {
  /**
   * The operation; all unless said.
   */
  opId?: string | null,
};

/**
 * Why an operation is paused.
 */
export type EntryPause = "signIn" | "accountGone" | "updateApp" | "plan";

/**
 * Where an operation stands.
 */
export type EntryState = { "is": "queued" } | { "is": "behind" } | { "is": "sending",
  /**
   * When the lease ends and it is sent again.
   */
  until: string, } | { "is": "backingOff",
  /**
   * When.
   */
  nextAt: string,
  /**
   * Why, where the server said so.
   */
  problem: Problem | null, } | { "is": "paused",
  /**
   * Why.
   */
  reason: EntryPause, } | { "is": "conflict",
  /**
   * Why.
   */
  reason: ConflictReason,
  /**
   * The fields that conflict, where fields do.
   */
  fields: Array<Field>, } | { "is": "rejected",
  /**
   * Why.
   */
  problem: Problem,
};

/**
 * Which places to write to a file.
 */
export type Export = {
  /**
   * The file's format.
   */
  format: ExportFormat,
  /**
   * Only these; everything that is not in the trash unless said. `limit` and `after` don't count.
   */
  filter?: List | null,
};

/**
 * A format to export to.
 */
export type ExportFormat = "gpx" | "geojson" | "csv" | "kml";

/**
 * An export.
 */
export type Exported = {
  /**
   * The file.
   */
  file: TextFile,
  /**
   * Places in it.
   */
  places: number,
  /**
   * Places left out: they have no position yet, and the format needs one. GeoJSON and CSV hold them all.
   */
  withoutPosition: number,
};

/**
 * Why a call was not carried out. Whatever it is, nothing was half done: every command is one transaction.
 */
export type Failure = {
  /**
   * The code, for programs.
   */
  code: FailureCode,
  /**
   * What happened and what it means for the place, as a sentence for a person.
   */
  sentence: string,
  /**
   * What to do, as a sentence for a person.
   */
  advice: string,
  /**
   * The fields at fault, where fields are at fault.
   */
  fields: Array<FieldError>,
  /**
   * What was seen, for support; may be technical, and never holds a place's content.
   */
  detail: string | null,
  /**
   * Seconds to wait before the next try, where the server says so.
   */
  retryAfter: number | null,
};

/**
 * What went wrong, as a code that never changes its meaning.
 */
export type FailureCode = "unknown_call" | "invalid" | "no_such_place" | "other_account" | "no_such_entry" | "in_trash" | "not_in_trash" | "not_allowed" | "nothing_to_resolve" | "decide_first" | "look_again" | "changed_since" | "undecided" | "on_its_way" | "busy" | "storage_full" | "storage_refused" | "storage_unsupported" | "storage_inaccessible" | "storage_damaged" | "storage_too_new" | "not_signed_in" | "account_gone" | "update_app" | "signed_in_elsewhere" | "unsent_work" | "adopted_elsewhere" | "invalid_credentials" | "invalid_code" | "setup_needed" | "rate_limited" | "unreachable" | "not_holdfast" | "invalid_server" | "server" | "unavailable" | "unexpected";

/**
 * A field of a place that is changed, and can conflict, on its own.
 */
export type Field = "name" | "note" | "category" | "position" | "tags";

/**
 * What is wrong with one field.
 */
export type FieldCode = "required" | "invalid_type" | "too_long" | "too_short" | "control_character" | "out_of_range" | "too_many" | "unknown_value" | "invalid_format" | "inconsistent" | "unknown";

/**
 * One field that is at fault.
 */
export type FieldError = {
  /**
   * Path of the field in the request, such as `changes.name.to` or `tags[3]`.
   */
  field: string,
  /**
   * What is wrong with it.
   */
  code: FieldCode,
  /**
   * The same as a phrase that can stand behind the field's name. Never repeats what the person wrote.
   */
  detail: string,
};

/**
 * A better position for a capture.
 */
export type Fix = {
  /**
   * The capture.
   */
  clientId: string,
  /**
   * The position.
   */
  position: NewPosition,
  /**
   * Where it comes from: `fix` unless said. One set by hand (`manual`) is taken as the person's word.
   */
  positionSource?: PositionSource | null,
};

/**
 * What became of a fix.
 */
export type FixOutcome = "placed" | "improved" | "notBetter";

/**
 * What became of a fix.
 */
export type Fixed = {
  /**
   * What became of it.
   */
  outcome: FixOutcome,
  /**
   * The place as it is now.
   */
  place: Place,
};

/**
 * A call that is the host's: account, network, storage.
 */
export type HostCall = { "call": "overview" } | { "call": "sync" } | { "call": "pair" } & Pair | { "call": "signIn" } & SignIn | { "call": "signOut" } & SignOut | { "call": "adopt" } | { "call": "keepApart" } | { "call": "persist" } | { "call": "diagnostics" };

/**
 * What can be filtered by.
 */
export type InUse = {
  /**
   * Every category of a place that is not in the trash.
   */
  categories: Array<string>,
  /**
   * Every tag of one.
   */
  tags: Array<string>,
};

/**
 * What happened.
 */
export type JournalEvent = "queued" | "sent" | "sent_again" | "confirmed" | "confirmed_again" | "conflicted" | "rejected" | "deferred" | "gone" | "resolved" | "discarded" | "superseded" | "captured_without_position" | "placed" | "adopted" | "imported" | "recovered";

/**
 * One thing that happened to a place on this device, with what was not kept of the place by it.
 */
export type JournalLine = {
  /**
   * Values that the place does not have because of it. Several lines can speak of one decision, all of one moment: what was
   * lost by it stands with the first of them that says "resolved".
   */
  lost: Array<Lost>,
  /**
   * When.
   */
  at: string,
  /**
   * What.
   */
  event: JournalEvent,
  /**
   * The operation it is about.
   */
  opId: string | null,
  /**
   * That operation's kind.
   */
  kind: string | null,
  /**
   * How often the operation was sent until then.
   */
  attempts: number,
  /**
   * What was kept of it: a losing or discarded operation as JSON, or a sentence.
   */
  detail: string | null,
};

/**
 * Which window's part of the app holds the database.
 */
export type Leader = "here" | "elsewhere";

/**
 * What an account left on this device when it was signed out. It is sent after the next sign-in to that account.
 */
export type LeftBehind = {
  /**
   * The account's e-mail address.
   */
  email: string,
  /**
   * Changes that were not sent, and places that waited for a position.
   */
  changes: number,
};

/**
 * Which places to show.
 */
export type List = {
  /**
   * Words that all have to occur in name, note, category or tags; case and accents don't matter.
   */
  text?: string | null,
  /**
   * Only of this category (exactly as written).
   */
  category?: string | null,
  /**
   * Only with this tag (exactly as written).
   */
  tag?: string | null,
  /**
   * Only in this state.
   */
  state?: StateFilter | null,
  /**
   * Only the place of this capture.
   */
  clientId?: string | null,
  /**
   * The trash instead of what is not in it. With `needsAttention` or a `clientId`: instead of both.
   */
  trash?: boolean | null,
  /**
   * At most so many: 1 to 1000, 50 unless said.
   */
  limit?: number | null,
  /**
   * `next` of the page before.
   */
  after?: string | null,
};

/**
 * How changes from elsewhere arrive.
 */
export type Live = "connected" | "polling" | "off";

/**
 * A value that a place does not have, because of a decision.
 */
export type Lost = {
  /**
   * The field.
   */
  field: Field,
  /**
   * Whose value it was.
   */
  whose: LostSide,
  /**
   * The value; null: the field would have been empty.
   */
  value: LostValue | null,
};

/**
 * Whose value was not kept.
 */
export type LostSide = "mine" | "theirs" | "discarded" | "before";

/**
 * A value that was not kept.
 */
export type LostValue = string | Position | {
  /**
   * Tags that were to be there.
   */
  add: Array<string>,
  /**
   * Tags that were not to be there.
   */
remove: Array<string>, } | Array<string>;

/**
 * Into the trash, or out of it.
 */
export type Move = {
  /**
   * The place.
   */
  key: PlaceKey,
  /**
   * What the person saw when they decided.
   */
  seen?: Seen | null,
};

/**
 * A position as a sensor or a person gave it.
 */
export type NewPosition = {
  /**
   * Degrees north, −90 to 90 (WGS 84).
   */
  latitude: number,
  /**
   * Degrees east, −180 to 180.
   */
  longitude: number,
  /**
   * Horizontal uncertainty in metres.
   */
  accuracy?: number | null,
  /**
   * Metres.
   */
  altitude?: number | null,
};

/**
 * One operation of the outbox.
 */
export type OneEntry = {
  /**
   * The operation.
   */
  opId: string,
};

/**
 * One place.
 */
export type OnePlace = {
  /**
   * The place.
   */
  key: PlaceKey,
};

/**
 * A part of the outbox, oldest first.
 */
export type Outbox = {
  /**
   * Operations that the server has not confirmed.
   */
  entries: Array<OutboxEntry>,
  /**
   * `after` of the next part; null at the end.
   */
  next: number | null,
};

/**
 * One operation that the server has not confirmed.
 */
export type OutboxEntry = {
  /**
   * Its number: entries are sent in this order.
   */
  number: number,
  /**
   * The operation.
   */
  opId: string,
  /**
   * The place it changes.
   */
  key: PlaceKey,
  /**
   * The place's name, for the screen.
   */
  placeName: string | null,
  /**
   * What it does.
   */
  kind: "create" | "update" | "refine" | "delete" | "restore" | "offer",
  /**
   * Where it stands.
   */
  state: EntryState,
  /**
   * Since when it waits.
   */
  queuedAt: string,
  /**
   * How often it was sent.
   */
  attempts: number,
  /**
   * When it was last sent.
   */
  lastSentAt: string | null,
};

/**
 * Which part of the outbox to show.
 */
export type OutboxPage = {
  /**
   * Behind the entry with this number.
   */
  after?: number | null,
  /**
   * At most so many: 1 to 1000, 100 unless said.
   */
  limit?: number | null,
};

/**
 * How this device stands.
 */
export type Overview = {
  /**
   * Names the store whose places are shown.
   */
  store: StoreKey,
  /**
   * The account whose places are shown; null: places saved without an account.
   */
  account: AccountOverview | null,
  /**
   * Places, outbox, lanes.
   */
  status: Status,
  /**
   * Places saved without an account, and whether the person is to be asked about them.
   */
  adoption: Adoption,
  /**
   * What other accounts left on this device when they were signed out, unsent.
   */
  left: Array<LeftBehind>,
  /**
   * How safely this device keeps what it keeps.
   */
  storage: StorageOverview,
  /**
   * Whether this very window's part of the app holds the database, or another one's does.
   */
  leader: Leader,
  /**
   * How changes from elsewhere arrive.
   */
  live: Live,
  /**
   * The version of the app.
   */
  version: string,
};

/**
 * A page of places, newest capture first.
 */
export type Page = {
  /**
   * The places.
   */
  places: Array<Place>,
  /**
   * Where the next page begins; null at the end. Stays valid while places come and go.
   */
  next: string | null,
};

/**
 * A pairing with a code from a device that is signed in.
 */
export type Pair = {
  /**
   * The server's address, as people write it, or the whole pairing link.
   */
  server: string,
  /**
   * The code; case, blanks and dashes don't matter. Not needed beside a link.
   */
  code?: string | null,
  /**
   * What the person calls this device.
   */
  deviceName: string,
};

/**
 * Why the whole account waits for the person.
 */
export type PauseReason = "signIn" | "accountGone" | "updateApp";

/**
 * Whether what is stored stays.
 */
export type Persisted = "granted" | "denied" | "unknown";

/**
 * A place as the person sees it: what the server last said, with everything they wanted since on top.
 */
export type Place = {
  /**
   * Its name on this device, for calls.
   */
  key: PlaceKey,
  /**
   * The capture, for one's own places.
   */
  clientId: string | null,
  /**
   * The place on the server, once that is known.
   */
  id: string | null,
  /**
   * The confirmed version, once there is one.
   */
  version: number | null,
  /**
   * Its name.
   */
  name: string | null,
  /**
   * Its note.
   */
  note: string | null,
  /**
   * Its category.
   */
  category: string | null,
  /**
   * Its tags.
   */
  tags: Array<string>,
  /**
   * Its position; null while it waits for one.
   */
  position: Position | null,
  /**
   * Where the position comes from.
   */
  positionSource: PositionSource | null,
  /**
   * When it was captured.
   */
  capturedAt: string,
  /**
   * What captured it, for one's own places.
   */
  source: Source | null,
  /**
   * What the reader may do.
   */
  role: Role,
  /**
   * When it was put into the trash, as the person sees it.
   */
  deletedAt: string | null,
  /**
   * What can honestly be said about it.
   */
  state: PlaceState,
};

/**
 * Places by state.
 */
export type PlaceCounts = {
  /**
   * [`PlaceState::SavedOnDevice`].
   */
  savedOnDevice: number,
  /**
   * [`PlaceState::Sending`].
   */
  sending: number,
  /**
   * [`PlaceState::Synced`].
   */
  synced: number,
  /**
   * [`PlaceState::NeedsAttention`].
   */
  needsAttention: number,
  /**
   * [`PlaceState::WaitingForPosition`].
   */
  waitingForPosition: number,
  /**
   * [`PlaceState::NeedsPosition`].
   */
  needsPosition: number,
};

/**
 * A place on this device, within the account's store that showed it. Opaque to screens.
 */
export type PlaceKey = string;

/**
 * Everything a place's page shows.
 */
export type PlacePage = {
  /**
   * The place.
   */
  place: Place,
  /**
   * What happened to it on this device, oldest first.
   */
  journal: Array<JournalLine>,
  /**
   * What of it waits to be sent, in order.
   */
  entries: Array<OutboxEntry>,
  /**
   * What the person has to decide, if anything.
   */
  question: Question | null,
};

/**
 * What can honestly be said about a place.
 */
export type PlaceState = { "is": "savedOnDevice" } | { "is": "sending" } | { "is": "synced" } | { "is": "needsAttention", "reason": Attention } | { "is": "waitingForPosition" } | { "is": "needsPosition" };

/**
 * What the plan allows and what is used.
 */
export type PlanLimits = {
  /**
   * Live places the plan allows; absent: no limit.
   */
  placesMax?: number | null,
  /**
   * Live places there are.
   */
  placesUsed: number,
  /**
   * Bytes of media the plan allows; absent: no limit.
   */
  mediaBytesMax?: number | null,
  /**
   * Bytes of media there are.
   */
  mediaBytesUsed: number,
};

/**
 * A position: one field of a place, replaced as a whole.
 */
export type Position = {
  /**
   * Degrees north.
   */
  latitude: number,
  /**
   * Degrees east.
   */
  longitude: number,
  /**
   * Horizontal uncertainty in metres, where known.
   */
  accuracy?: number | null,
  /**
   * Metres, where known.
   */
  altitude?: number | null,
};

/**
 * Where the position comes from.
 */
export type PositionSource = "fix" | "manual";

/**
 * A problem document.
 */
export type Problem = {
  /**
   * `urn:holdfast:problem:` and the code.
   */
  type: string,
  /**
   * The code's title.
   */
  title: string,
  /**
   * The HTTP status.
   */
  status: number,
  /**
   * The stable code.
   */
  code: Code,
  /**
   * What happened and what to do, as a sentence for a person.
   */
  detail: string,
  /**
   * The fields at fault, where fields are at fault.
   */
  errors?: Array<FieldError>,
  /**
   * Seconds to wait before the next try, where the server knows.
   */
  retryAfter?: number | null,
  /**
   * The id under which the server's log knows this request.
   */
  requestId?: string | null,
};

/**
 * What the person has to decide about a place.
 */
export type Question = {
  /**
   * What it is about.
   */
  kind: QuestionKind,
  /**
   * For a conflict: why.
   */
  reason: ConflictReason | null,
  /**
   * What this device has.
   */
  mine: Side,
  /**
   * What the server has; null where it has nothing any more.
   */
  theirs: Side | null,
  /**
   * In what the two differ.
   */
  differing: Array<QuestionField>,
  /**
   * The fields that an answer field by field must name.
   */
  conflicting: Array<Field>,
  /**
   * The answers that are possible.
   */
  choices: Array<Choice>,
  /**
   * Stands for everything shown here. Goes back with the answer, which is refused if anything has changed since.
   */
  seen: string,
};

/**
 * Something in which two sides can differ.
 */
export type QuestionField = "name" | "note" | "category" | "position" | "tags" | "trash";

/**
 * What a question is about.
 */
export type QuestionKind = "conflict" | "olderOnServer" | "deletedForGood" | "noLongerVisible";

/**
 * What was rescued from a damaged database.
 */
export type RecoveryReport = {
  /**
   * When.
   */
  at: string,
  /**
   * The file that was set aside; it is never deleted.
   */
  setAside: string,
  /**
   * Places that were read.
   */
  places: number,
  /**
   * Unsent operations that were read.
   */
  operations: number,
  /**
   * What could not be read, table by table.
   */
  unreadable: Array<string>,
};

/**
 * A person's answer to a place that needs attention. What loses is kept in the place's history on this device.
 */
export type Resolution = { "is": "keepMine" } | { "is": "keepTheirs" } | { "is": "perField",
  /**
   * The sides.
   */
fields: { [key in Field]?: Winner }, } | { "is": "keepAsNew" } | { "is": "letGo" };

/**
 * A person's answer to a question.
 */
export type Resolve = {
  /**
   * The place.
   */
  key: PlaceKey,
  /**
   * The answer.
   */
  answer: Resolution,
  /**
   * `seen` of the question they looked at.
   */
  seen: string,
};

/**
 * An answered question.
 */
export type Resolved = {
  /**
   * The place as it is now, or the new one; null where it was let go.
   */
  place: Place | null,
};

/**
 * What is sent again.
 */
export type Retried = {
  /**
   * How many operations.
   */
  operations: number,
};

/**
 * What the reader may do with the place.
 */
export type Role = "viewer" | "editor" | "owner";

/**
 * What stood on the screen when the person decided. A place as it was answered before will do.
 */
export type Seen = {
  /**
   * Its name.
   */
  name?: string | null,
  /**
   * Its note.
   */
  note?: string | null,
  /**
   * Its category.
   */
  category?: string | null,
  /**
   * Its position.
   */
  position?: NewPosition | null,
  /**
   * Its tags.
   */
  tags: Array<string>,
  /**
   * When it was put into the trash.
   */
  deletedAt?: string | null,
  /**
   * Its confirmed version.
   */
  version?: number | null,
};

/**
 * One side of a question.
 */
export type Side = {
  /**
   * Who.
   */
  who: Who,
  /**
   * When it was decided here, or when the server took it.
   */
  at: string,
  /**
   * The name.
   */
  name: string | null,
  /**
   * The note.
   */
  note: string | null,
  /**
   * The category.
   */
  category: string | null,
  /**
   * The tags.
   */
  tags: Array<string>,
  /**
   * The position.
   */
  position: Position | null,
  /**
   * Whether it is in the trash.
   */
  inTrash: boolean,
};

/**
 * A sign-in with e-mail and password.
 */
export type SignIn = {
  /**
   * The server's address, as people write it.
   */
  server: string,
  /**
   * The account's e-mail address.
   */
  email: string,
  /**
   * Its password.
   */
  password: string,
  /**
   * What the person calls this device.
   */
  deviceName: string,
};

/**
 * A sign-out.
 */
export type SignOut = {
  /**
   * Also if something is unsent: it is kept on this device for that account. Otherwise that is a failure,
   * `unsent_work`.
   */
  evenIfUnsent?: boolean | null,
};

/**
 * A sign-in.
 */
export type SignedIn = {
  /**
   * The account.
   */
  account: AccountOverview,
  /**
   * Places saved without an account, and whether the person is to be asked about them.
   */
  adoption: Adoption,
};

/**
 * A sign-out.
 */
export type SignedOut = {
  /**
   * What is unsent and kept on this device for that account.
   */
  unsent: number,
  /**
   * Whether the server could be told; if not, the account's list of devices there still has this one.
   */
  serverTold: boolean,
};

/**
 * What captured the place.
 */
export type Source = "iphone" | "android" | "apple_watch" | "web" | "cli" | "import";

/**
 * A state to list by.
 */
export type StateFilter = "savedOnDevice" | "sending" | "synced" | "needsAttention" | "withoutPosition";

/**
 * How the device stands.
 */
export type Status = {
  /**
   * Places that are not in the trash, by state.
   */
  places: PlaceCounts,
  /**
   * Places in the trash.
   */
  trash: number,
  /**
   * Operations in the outbox, whatever their state.
   */
  pending: number,
  /**
   * Of these: waiting for the person as conflicts.
   */
  conflicts: number,
  /**
   * Of these: parked as rejected.
   */
  rejected: number,
  /**
   * Of these: waiting for room in the plan.
   */
  planFull: number,
  /**
   * Since when the oldest of them waits.
   */
  oldestPendingAt: string | null,
  /**
   * When the last page was pulled.
   */
  lastPullAt: string | null,
  /**
   * When the last push was answered.
   */
  lastPushAt: string | null,
  /**
   * Whether everything the server had at the last pull is here.
   */
  caughtUp: boolean,
  /**
   * Why the account waits for the person.
   */
  paused: PauseReason | null,
  /**
   * Why the last push failed, while pushing fails.
   */
  pushProblem: Problem | null,
  /**
   * Why the last pull failed, while pulling fails.
   */
  pullProblem: Problem | null,
  /**
   * When the next push is tried, while pushing waits.
   */
  pushWaitsUntil: string | null,
  /**
   * When the next pull is tried, while pulling waits after a failure.
   */
  pullWaitsUntil: string | null,
  /**
   * What the plan allows, as of the last pull.
   */
  limits: PlanLimits | null,
  /**
   * What was rescued, if the database was once damaged.
   */
  recovery: RecoveryReport | null,
};

/**
 * How safely this device keeps what it keeps.
 */
export type StorageOverview = {
  /**
   * Whether the browser has promised not to clear it by itself.
   */
  persisted: Persisted,
  /**
   * Bytes that are used, as far as the host knows.
   */
  used: number | null,
  /**
   * Bytes that may be used, as far as the host knows.
   */
  quota: number | null,
};

/**
 * Names one store: one per server and account, and the one without an account. Opaque to screens, which hand it back with
 * what they ask for, so that nothing is done to another account's places than those that were shown.
 */
export type StoreKey = string;

/**
 * What sending and fetching came to.
 */
export type Synced = {
  /**
   * Operations the server did.
   */
  sent: number,
  /**
   * Changes fetched.
   */
  pulled: number,
  /**
   * Places that need the person; whether since this round or before.
   */
  needAttention: number,
  /**
   * Operations that still wait to be sent. Those that need the person are not among them.
   */
  pending: number,
  /**
   * Why it did not go through, if it did not.
   */
  failure: Failure | null,
};

/**
 * A file for the person to keep.
 */
export type TextFile = {
  /**
   * A name for it.
   */
  name: string,
  /**
   * Its media type.
   */
  mediaType: string,
  /**
   * What is in it.
   */
  text: string,
};

/**
 * Takes a capture back.
 */
export type UndoCapture = {
  /**
   * The capture.
   */
  clientId: string,
  /**
   * The place as it was captured. Where something has been typed there since, and not been sent, it is not taken back
   * (`changed_since`): that would be lost with it.
   */
  seen?: Seen | null,
};

/**
 * Who a side comes from.
 */
export type Who = "thisDevice" | "elsewhere";

/**
 * Which side wins.
 */
export type Winner = "mine" | "theirs";

/**
 * The answer to each call, by the call's name.
 */
export interface Answers {
  list: Page;
  inUse: InUse;
  place: PlacePage;
  capture: Captured;
  fix: Fixed;
  undoCapture: Deleted;
  edit: Changed;
  delete: Deleted;
  restore: Changed;
  outbox: Outbox;
  retry: Retried;
  retryAll: Retried;
  discard: Discarded;
  exportOutbox: TextFile;
  resolve: Resolved;
  export: Exported;
  overview: Overview;
  sync: Synced;
  pair: SignedIn;
  signIn: SignedIn;
  signOut: SignedOut;
  adopt: Adopted;
  keepApart: Adoption;
  persist: StorageOverview;
  diagnostics: Diagnostics;
}

/**
 * What each failure says and advises, unless the server says it better.
 */
export const FAILURE_WORDS: Record<FailureCode, { sentence: string; advice: string }> = {
  unknown_call: { sentence: "This part of the app is of another version than the rest.", advice: "Close every window of the app and open it again." },
  invalid: { sentence: "A value can't be taken as it is; nothing was changed.", advice: "Correct it and try again." },
  no_such_place: { sentence: "This place is not on this device any more.", advice: "Go back to the list." },
  other_account: { sentence: "This belongs to another account than the one that is open now; nothing was changed.", advice: "Look at what is open now, and do it again there if that is what you want." },
  no_such_entry: { sentence: "This change does not wait any more; it may have been sent meanwhile.", advice: "Look at the list once more." },
  in_trash: { sentence: "This place is in the trash; nothing was changed.", advice: "Restore it first." },
  not_in_trash: { sentence: "This place is not in the trash.", advice: "Look at it once more." },
  not_allowed: { sentence: "This place is somebody else's, who does not let you change that; nothing was changed.", advice: "Ask them to share it so that you can change it." },
  nothing_to_resolve: { sentence: "There is nothing to decide about this place any more.", advice: "Look at it once more." },
  decide_first: { sentence: "The server no longer has this place, so it can't be changed before you decide.", advice: "Decide first whether to keep it as a new place or to let it go." },
  look_again: { sentence: "This place has changed since you looked at it; nothing was decided.", advice: "Look at both versions once more and decide then." },
  changed_since: { sentence: "This place has been changed in another window since you looked at it; nothing was overwritten or deleted.", advice: "Look at it once more and decide then." },
  undecided: { sentence: "The answer does not say which side wins for every field; nothing was decided.", advice: "Choose a side for each of them." },
  on_its_way: { sentence: "This change is being sent at this moment, so it can't be touched.", advice: "Try again in a moment, when the answer is there." },
  busy: { sentence: "The storage of this device is busy; nothing was changed.", advice: "Try again in a moment." },
  storage_full: { sentence: "There is no room left on this device, so this was NOT saved. What was saved before is safe.", advice: "Free some space, then try again." },
  storage_refused: { sentence: "This browser does not let the app store anything, so nothing can be saved here.", advice: "Leave private browsing, or allow this site to store data, then open the app again." },
  storage_unsupported: { sentence: "This browser lacks the storage that the app needs, so nothing can be saved here.", advice: "Use a current version of Chrome, Edge, Firefox or Safari." },
  storage_inaccessible: { sentence: "The storage of this device can't be used at the moment; nothing was changed.", advice: "Try again; if that does not help, close the app and open it again." },
  storage_damaged: { sentence: "The app's database on this device is damaged. Nothing of it was deleted.", advice: "Close every window of the app and open it again: what can be read is rescued then." },
  storage_too_new: { sentence: "The app's database was written by a newer version of the app. Everything in it is kept.", advice: "Reload the app to get the newest version." },
  not_signed_in: { sentence: "This device is not signed in. What you save stays on it.", advice: "Sign in to send and receive." },
  account_gone: { sentence: "The account was deleted or suspended on the server. Everything on this device is kept.", advice: "Export your places to a file, or ask whoever runs the server." },
  update_app: { sentence: "This version of the app is too old for the server. Everything you saved is kept and is sent afterwards.", advice: "Reload the app to get the newest version." },
  signed_in_elsewhere: { sentence: "This device is signed in to another account.", advice: "Sign out first; what is unsent is kept for that account." },
  unsent_work: { sentence: "Some changes have not been sent yet. They stay on this device for this account until the next sign-in.", advice: "Send them first, or sign out all the same." },
  adopted_elsewhere: { sentence: "The places saved without an account were already given to another account, and that was interrupted.", advice: "Sign in to that account to finish it." },
  invalid_credentials: { sentence: "The e-mail address and the password do not belong together.", advice: "Check both and try again." },
  invalid_code: { sentence: "This code is not valid: it may be mistyped, used already, or too old.", advice: "Make a new code on a device that is signed in. The setup link of a new server is opened in a browser first." },
  setup_needed: { sentence: "This server has no account yet.", advice: "Open the setup link that the server printed when it started." },
  rate_limited: { sentence: "The server has had too many requests.", advice: "Wait a little, then try again." },
  unreachable: { sentence: "The server can't be reached. Everything you save is kept on this device.", advice: "Check the address and the connection; sending goes on by itself when it is back." },
  not_holdfast: { sentence: "What answers at this address is not a Holdfast server.", advice: "Check the address. In a hotel or a train, open a web page first to get past its sign-in page." },
  invalid_server: { sentence: "This is not the address of a server.", advice: "Write it like https://places.example.org." },
  server: { sentence: "The server could not do this. Everything on this device is kept.", advice: "Try again later." },
  unavailable: { sentence: "The part of the app that keeps your places does not answer, so this was not confirmed.", advice: "Close every window of the app and open it again." },
  unexpected: { sentence: "Something in the app went wrong; nothing was changed.", advice: "Try again; if it happens again, send the diagnosis from the settings to support." },
};
