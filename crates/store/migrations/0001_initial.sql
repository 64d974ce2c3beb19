-- The first schema: accounts, places, feeds, receipts, shares.
--
-- Every table of personal data leads its primary key with the user or the place's owner, so that the same schema can be
-- spread by that column. No sequence and no lock is shared between users on the write path.
--
-- Locks are taken in this order: place rows by (owner_id, id), then feed heads by user_id.

-- ── Roles ──────────────────────────────────────────────────────────────────────────────────────────────────────────
-- holdfast_app is what the server runs as; row-level security holds for it.
-- holdfast_feed owns the few SECURITY DEFINER functions that must see across users.
-- Roles belong to the cluster: another database's migration may create them at the same moment.
DO $$
DECLARE
    v_role text;
    v_needed text[] := ARRAY['MEMBER'];
BEGIN
    -- From 16 on, whoever makes a role may hand it on, but not act as it.
    IF current_setting('server_version_num')::integer >= 160000 THEN
        v_needed := ARRAY['SET', 'USAGE'];
    END IF;
    FOREACH v_role IN ARRAY ARRAY['holdfast_app', 'holdfast_feed'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = v_role) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', v_role);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END;
        END IF;
        IF NOT (SELECT bool_and(pg_has_role(current_user, v_role, n.privilege)) FROM unnest(v_needed) AS n (privilege)) THEN
            EXECUTE format('GRANT %I TO current_user', v_role);
        END IF;
    END LOOP;
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
-- Nothing that the server's role could make may stand in front of what the functions below name.
DO $$
BEGIN
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END
$$;
GRANT USAGE ON SCHEMA public TO holdfast_app, holdfast_feed;
-- The owner of a function must be able to create in its schema at the moment it is given to it; taken back at the end.
GRANT CREATE ON SCHEMA public TO holdfast_feed;

-- ── Whom a transaction acts for ────────────────────────────────────────────────────────────────────────────────────
-- Unset means nobody, and nobody sees nothing. Policies call it in a sub-select: once per statement, not per row.
CREATE FUNCTION acting_user() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('holdfast.user_id', true), '')::uuid;

-- ── The server itself ──────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE server_state (
    only_row        boolean PRIMARY KEY DEFAULT true CONSTRAINT server_state_only_row CHECK (only_row),
    -- Changes when the database is found to have gone back in time.
    epoch           uuid NOT NULL DEFAULT gen_random_uuid(),
    -- Authenticates cursors.
    secret          bytea NOT NULL CONSTRAINT server_state_secret CHECK (octet_length(secret) = 32),
    setup_code_hash bytea CONSTRAINT server_state_setup_code_hash CHECK (octet_length(setup_code_hash) = 32)
);
INSERT INTO server_state (secret)
VALUES (decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));

-- A random row at every start and every minute. A cursor names one; one that the database does not know was handed out
-- by a later state of it.
CREATE TABLE server_generations (
    generation uuid PRIMARY KEY,
    number     bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT server_generations_number_key UNIQUE,
    created_at timestamptz NOT NULL
);

-- ── Accounts ───────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE plans (
    id              text PRIMARY KEY,
    places_max      bigint CONSTRAINT plans_places_max CHECK (places_max >= 0),
    media_bytes_max bigint CONSTRAINT plans_media_bytes_max CHECK (media_bytes_max >= 0)
);
INSERT INTO plans (id) VALUES ('self_hosted');

CREATE TABLE users (
    id            uuid PRIMARY KEY,
    email         text NOT NULL CONSTRAINT users_email_length CHECK (char_length(email) BETWEEN 3 AND 254),
    -- The address in lower case: what must be unique.
    email_key     text NOT NULL CONSTRAINT users_email_key_key UNIQUE,
    password_hash text NOT NULL,
    plan_id       text NOT NULL DEFAULT 'self_hosted' CONSTRAINT users_plan_id_fkey REFERENCES plans (id),
    created_at    timestamptz NOT NULL,
    suspended_at  timestamptz,
    deleted_at    timestamptz,
    CONSTRAINT users_email_key_lower CHECK (email_key = lower(email_key))
);

CREATE TABLE devices (
    user_id                uuid NOT NULL CONSTRAINT devices_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    id                     uuid NOT NULL,
    kind                   text NOT NULL CONSTRAINT devices_kind CHECK (kind IN ('device', 'browser', 'api')),
    name                   text NOT NULL CONSTRAINT devices_name_length CHECK (char_length(name) BETWEEN 1 AND 80),
    platform               text NOT NULL DEFAULT ''
                           CONSTRAINT devices_platform_length CHECK (char_length(platform) <= 80),
    -- SHA-256 of the token; the token itself is nowhere.
    token_hash             bytea CONSTRAINT devices_token_hash_key UNIQUE
                           CONSTRAINT devices_token_hash CHECK (octet_length(token_hash) = 32),
    created_at             timestamptz NOT NULL,
    last_sync_at           timestamptz,
    pending                bigint,
    oldest_pending_seconds bigint,
    revoked_at             timestamptz,
    PRIMARY KEY (user_id, id)
);

CREATE TABLE pairing_codes (
    code_hash  bytea PRIMARY KEY CONSTRAINT pairing_codes_code_hash CHECK (octet_length(code_hash) = 32),
    user_id    uuid NOT NULL CONSTRAINT pairing_codes_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX pairing_codes_user_id_idx ON pairing_codes (user_id);

-- ── Places ─────────────────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE places (
    owner_id        uuid NOT NULL CONSTRAINT places_owner_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    id              uuid NOT NULL,
    client_id       uuid NOT NULL,
    version         bigint NOT NULL CONSTRAINT places_version CHECK (version >= 1),
    name            text CONSTRAINT places_name_length CHECK (char_length(name) BETWEEN 1 AND 200),
    note            text CONSTRAINT places_note_length CHECK (char_length(note) BETWEEN 1 AND 10000),
    -- A comparison with NaN is false or, in PostgreSQL, "greater than all": either way it is outside the range.
    latitude        double precision CONSTRAINT places_latitude_range CHECK (latitude BETWEEN -90 AND 90),
    longitude       double precision CONSTRAINT places_longitude_range CHECK (longitude BETWEEN -180 AND 180),
    accuracy        double precision
                    CONSTRAINT places_accuracy_range CHECK (accuracy >= 0 AND accuracy < 'Infinity'),
    altitude        double precision
                    CONSTRAINT places_altitude_range CHECK (altitude > '-Infinity' AND altitude < 'Infinity'),
    category        text CONSTRAINT places_category_length CHECK (char_length(category) BETWEEN 1 AND 40),
    tags            text[] NOT NULL DEFAULT '{}' CONSTRAINT places_tags_count CHECK (cardinality(tags) <= 20),
    captured_at     timestamptz,
    source          text CONSTRAINT places_source
                    CHECK (source IN ('iphone', 'android', 'apple_watch', 'web', 'cli', 'import')),
    position_source text CONSTRAINT places_position_source CHECK (position_source IN ('fix', 'manual')),
    -- When the server received it.
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    -- In the trash since.
    deleted_at      timestamptz,
    -- Nothing personal is left since; the row stays, so that its client id can never come back to life.
    purged_at       timestamptz,
    PRIMARY KEY (owner_id, id),
    -- The capture comes first: an index that begins with the owner looks as good to the planner as the primary key for a
    -- lookup by id, as long as it knows nothing of the table, and then reads all of an owner's places.
    CONSTRAINT places_owner_client_id_key UNIQUE (client_id, owner_id),
    CONSTRAINT places_complete CHECK (purged_at IS NOT NULL
        OR num_nulls(latitude, longitude, captured_at, source, position_source) = 0),
    CONSTRAINT places_purged CHECK (purged_at IS NULL OR (deleted_at IS NOT NULL AND tags = '{}' AND
        num_nonnulls(name, note, latitude, longitude, accuracy, altitude, category, captured_at, source,
                     position_source) = 0))
);
-- Lists, newest capture first.
CREATE INDEX places_list_idx ON places (owner_id, captured_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX places_trash_idx ON places (owner_id, captured_at DESC, id DESC)
    WHERE deleted_at IS NOT NULL AND purged_at IS NULL;
-- What the purge looks for, across owners.
CREATE INDEX places_purge_idx ON places (deleted_at, id) WHERE deleted_at IS NOT NULL AND purged_at IS NULL;

-- Versions that were replaced. `kind` is the operation that replaced this version; `changed` are the fields it changed;
-- actor and device are who did.
CREATE TABLE place_history (
    owner_id        uuid NOT NULL,
    place_id        uuid NOT NULL,
    version         bigint NOT NULL,
    name            text,
    note            text,
    latitude        double precision NOT NULL,
    longitude       double precision NOT NULL,
    accuracy        double precision,
    altitude        double precision,
    category        text,
    tags            text[] NOT NULL,
    position_source text NOT NULL,
    deleted_at      timestamptz,
    kind            text NOT NULL CONSTRAINT place_history_kind CHECK (kind IN ('update', 'refine', 'delete', 'restore')),
    changed         text[] NOT NULL,
    changed_at      timestamptz NOT NULL,
    actor_id        uuid NOT NULL,
    device_id       uuid NOT NULL,
    PRIMARY KEY (owner_id, place_id, version),
    CONSTRAINT place_history_place_fkey FOREIGN KEY (owner_id, place_id) REFERENCES places (owner_id, id) ON DELETE CASCADE
);

-- Who else may see a place. Changes only under the place's row lock.
CREATE TABLE place_shares (
    owner_id     uuid NOT NULL,
    place_id     uuid NOT NULL,
    recipient_id uuid NOT NULL CONSTRAINT place_shares_recipient_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    role         text NOT NULL CONSTRAINT place_shares_role CHECK (role IN ('viewer', 'editor')),
    created_at   timestamptz NOT NULL,
    -- Set when a restored backup might undo a revoke: shows nothing until the owner confirms it.
    suspended_at timestamptz,
    PRIMARY KEY (owner_id, place_id, recipient_id),
    CONSTRAINT place_shares_place_fkey FOREIGN KEY (owner_id, place_id) REFERENCES places (owner_id, id) ON DELETE CASCADE,
    CONSTRAINT place_shares_not_to_oneself CHECK (recipient_id <> owner_id)
);
CREATE INDEX place_shares_recipient_idx ON place_shares (recipient_id, owner_id, place_id);

-- ── Feeds ──────────────────────────────────────────────────────────────────────────────────────────────────────────
-- One row per user. Locked until commit by whoever writes to the user's feed: commit order is the order of numbers.
CREATE TABLE feed_heads (
    user_id     uuid PRIMARY KEY CONSTRAINT feed_heads_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    seq         bigint NOT NULL DEFAULT 0,
    live_places bigint NOT NULL DEFAULT 0 CONSTRAINT feed_heads_live_places CHECK (live_places >= 0),
    media_bytes bigint NOT NULL DEFAULT 0 CONSTRAINT feed_heads_media_bytes CHECK (media_bytes >= 0),
    -- Entries up to this number may have been dropped: an older cursor must start over.
    horizon     bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- One row per place that a user has been able to see, with the number of its last change for that user. Written only by
-- the functions feed_publish…. Derived, on the hot path of every write, and kept by nothing but those: no
-- foreign keys.
CREATE TABLE feed (
    user_id    uuid NOT NULL,
    place_id   uuid NOT NULL,
    owner_id   uuid NOT NULL,
    seq        bigint NOT NULL,
    role       text NOT NULL CONSTRAINT feed_role CHECK (role IN ('viewer', 'editor', 'owner')),
    gone       boolean NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, place_id),
    CONSTRAINT feed_user_seq_key UNIQUE (user_id, seq)
);
CREATE INDEX feed_gone_idx ON feed (changed_at) WHERE gone;

-- What was done, so that a repeated operation is known. Outlives the longest supported offline period.
CREATE TABLE op_receipts (
    actor_id     uuid NOT NULL,
    op_id        uuid NOT NULL,
    payload_hash bytea NOT NULL CONSTRAINT op_receipts_payload_hash CHECK (octet_length(payload_hash) = 32),
    kind         text NOT NULL,
    owner_id     uuid NOT NULL,
    place_id     uuid NOT NULL,
    version      bigint NOT NULL,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (actor_id, op_id)
);
CREATE INDEX op_receipts_created_at_idx ON op_receipts USING brin (created_at);

-- ── Rights of the server's role ────────────────────────────────────────────────────────────────────────────────────
GRANT SELECT, UPDATE ON server_state TO holdfast_app;
GRANT SELECT, INSERT, DELETE ON server_generations TO holdfast_app;
GRANT SELECT ON plans TO holdfast_app;
GRANT SELECT, UPDATE ON users, devices TO holdfast_app;
GRANT INSERT ON devices, pairing_codes TO holdfast_app;
GRANT SELECT, INSERT, UPDATE ON places TO holdfast_app;
GRANT SELECT, INSERT, DELETE ON place_history, op_receipts TO holdfast_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON place_shares TO holdfast_app;
GRANT SELECT ON feed, feed_heads TO holdfast_app;

GRANT SELECT ON server_state, plans, places, place_shares TO holdfast_feed;
GRANT UPDATE ON server_state TO holdfast_feed;
GRANT SELECT, INSERT, UPDATE, DELETE ON users, devices, pairing_codes, feed, feed_heads TO holdfast_feed;
GRANT SELECT, DELETE ON op_receipts TO holdfast_feed;

-- ── Row-level security ─────────────────────────────────────────────────────────────────────────────────────────────
DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['users', 'devices', 'pairing_codes', 'places', 'place_history', 'place_shares',
                                   'feed', 'feed_heads', 'op_receipts'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', v_table);
        EXECUTE format('CREATE POLICY %I ON %I TO holdfast_feed USING (true) WITH CHECK (true)',
                       v_table || '_definer', v_table);
    END LOOP;
END
$$;

CREATE POLICY users_self ON users TO holdfast_app USING (id = (SELECT acting_user()));
CREATE POLICY devices_own ON devices TO holdfast_app USING (user_id = (SELECT acting_user()));
CREATE POLICY pairing_codes_own ON pairing_codes FOR INSERT TO holdfast_app
    WITH CHECK (user_id = (SELECT acting_user()));
CREATE POLICY feed_own ON feed FOR SELECT TO holdfast_app USING (user_id = (SELECT acting_user()));
CREATE POLICY feed_heads_own ON feed_heads FOR SELECT TO holdfast_app USING (user_id = (SELECT acting_user()));
CREATE POLICY op_receipts_own ON op_receipts TO holdfast_app USING (actor_id = (SELECT acting_user()));

-- The owner decides; the recipient may know.
CREATE POLICY place_shares_owner ON place_shares TO holdfast_app USING (owner_id = (SELECT acting_user()));
CREATE POLICY place_shares_recipient ON place_shares FOR SELECT TO holdfast_app
    USING (recipient_id = (SELECT acting_user()));

-- A place is seen by its owner, and by whom it is shared with while it is not in the trash. The share is looked up by a
-- function, and not by a sub-select: every statement would carry the plan of that sub-select, and an "or" that reads
-- "deleted_at" invites the planner to read everybody's places.
CREATE FUNCTION place_is_shared(p_owner uuid, p_place uuid, p_deleted_at timestamptz, p_to_edit boolean)
    RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
BEGIN
    RETURN p_deleted_at IS NULL AND EXISTS (
        SELECT FROM public.place_shares s
        WHERE s.owner_id = p_owner AND s.place_id = p_place AND s.recipient_id = public.acting_user()
          AND s.suspended_at IS NULL AND (NOT p_to_edit OR s.role = 'editor'));
END
$$;

CREATE POLICY places_see ON places FOR SELECT TO holdfast_app
    USING (owner_id = (SELECT acting_user()) OR place_is_shared(owner_id, id, deleted_at, false));
CREATE POLICY places_create ON places FOR INSERT TO holdfast_app
    WITH CHECK (owner_id = (SELECT acting_user()));
-- Locking a row needs the right to see it (so that a viewer can be told "not allowed"), changing it the right to edit.
CREATE POLICY places_change ON places FOR UPDATE TO holdfast_app
    USING (owner_id = (SELECT acting_user()) OR place_is_shared(owner_id, id, deleted_at, false))
    WITH CHECK (owner_id = (SELECT acting_user()) OR place_is_shared(owner_id, id, deleted_at, true));

-- History is read and dropped by the owner alone; whoever may edit adds to it.
CREATE POLICY place_history_owner ON place_history TO holdfast_app USING (owner_id = (SELECT acting_user()));
CREATE POLICY place_history_editor ON place_history FOR INSERT TO holdfast_app
    WITH CHECK (place_is_shared(owner_id, place_id, NULL, true));

-- ── Functions that see across users ────────────────────────────────────────────────────────────────────────────────
-- Those on every request's way name their schema instead of setting a search path: setting one costs more than what they
-- do. Nobody but the server's role may run them, and it can make no object anywhere.

-- States whom the transaction acts for, if user and device are alive and, where one is given, the epoch is the server's.
-- Raises HF401 (device unknown or revoked), HF403 (account deleted or suspended), HF409 (epoch).
CREATE FUNCTION act_as(p_user uuid, p_device uuid, p_epoch uuid DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    v_account_alive boolean;
    v_epoch uuid;
BEGIN
    SELECT u.deleted_at IS NULL AND u.suspended_at IS NULL, s.epoch, set_config('holdfast.user_id', p_user::text, true)
    INTO v_account_alive, v_epoch
    FROM public.devices d JOIN public.users u ON u.id = d.user_id, public.server_state s
    WHERE d.user_id = p_user AND d.id = p_device AND d.revoked_at IS NULL;
    IF NOT FOUND THEN
        RAISE SQLSTATE 'HF401' USING MESSAGE = 'the device is not signed in';
    ELSIF NOT v_account_alive THEN
        RAISE SQLSTATE 'HF403' USING MESSAGE = 'the account is gone';
    ELSIF p_epoch <> v_epoch THEN
        RAISE SQLSTATE 'HF409' USING MESSAGE = 'the epoch has changed';
    END IF;
END
$$;

-- Every account has a feed head from its first moment.
CREATE FUNCTION users_add_head() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO feed_heads (user_id) VALUES (NEW.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER users_add_head AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION users_add_head();

-- Writes new places of the acting user, which nobody else can know of, to their feed under the lock of its head, counts
-- them, and returns the number of the first; the others follow in order. Raises HF402 where the plan allows fewer.
CREATE FUNCTION feed_publish_new(p_places uuid[], p_now timestamptz) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    v_first bigint;
    v_full boolean;
BEGIN
    WITH head AS (
        UPDATE public.feed_heads h
        SET seq = h.seq + cardinality(p_places), live_places = h.live_places + cardinality(p_places)
        WHERE h.user_id = (SELECT public.acting_user())
        RETURNING h.user_id, h.seq - cardinality(p_places) AS before, h.live_places
    ), entry AS (
        INSERT INTO public.feed (user_id, place_id, owner_id, seq, role, gone, changed_at)
        SELECT head.user_id, t.place_id, head.user_id, head.before + t.position, 'owner', false, p_now
        FROM head, unnest(p_places) WITH ORDINALITY AS t (place_id, position)
    )
    SELECT head.before + 1, head.live_places > (
        SELECT p.places_max FROM public.users u JOIN public.plans p ON p.id = u.plan_id WHERE u.id = head.user_id)
    INTO v_first, v_full
    FROM head;
    IF v_first IS NULL THEN
        RAISE SQLSTATE 'HF401' USING MESSAGE = 'nobody acts';
    ELSIF v_full THEN
        RAISE SQLSTATE 'HF402' USING MESSAGE = 'the plan is full';
    END IF;
    RETURN v_first;
END
$$;

-- Everything that a few captures come to, in one statement that is a transaction of its own: states whom it acts for,
-- publishes, writes places and receipts (the arrays go together). Returns the number of the first place; the others follow.
-- Raises what act_as and feed_publish_new raise, and a unique violation where a capture or an operation is known. Runs with
-- the rights of whoever calls it, row-level security included.
CREATE FUNCTION places_create(
    p_user uuid, p_device uuid, p_epoch uuid, p_now timestamptz,
    p_ids uuid[], p_client_ids uuid[], p_names text[], p_notes text[], p_latitudes double precision[],
    p_longitudes double precision[], p_accuracies double precision[], p_altitudes double precision[], p_categories text[],
    p_tags text[], p_captured_ats timestamptz[], p_sources text[], p_position_sources text[],
    p_op_ids uuid[], p_payload_hashes bytea[]
) RETURNS bigint
    LANGUAGE plpgsql AS $$
DECLARE
    v_first bigint;
BEGIN
    PERFORM public.act_as(p_user, p_device, p_epoch);
    -- The head's lock comes before new rows: two inserts of one capture meet there.
    v_first := public.feed_publish_new(p_ids, p_now);
    INSERT INTO public.places (owner_id, id, client_id, version, name, note, latitude, longitude, accuracy, altitude,
                               category, tags, captured_at, source, position_source, created_at, updated_at)
    SELECT p_user, t.id, t.client_id, 1, t.name, t.note, t.latitude, t.longitude, t.accuracy, t.altitude,
           t.category, string_to_array(t.tags, E'\x1f'), t.captured_at, t.source, t.position_source, p_now, p_now
    FROM unnest(p_ids, p_client_ids, p_names, p_notes, p_latitudes, p_longitudes, p_accuracies, p_altitudes, p_categories,
                p_tags, p_captured_ats, p_sources, p_position_sources)
        AS t (id, client_id, name, note, latitude, longitude, accuracy, altitude, category, tags, captured_at, source,
              position_source);
    INSERT INTO public.op_receipts (actor_id, op_id, payload_hash, kind, owner_id, place_id, version, created_at)
    SELECT p_user, t.op_id, t.payload_hash, 'create', p_user, t.id, 1, p_now
    FROM unnest(p_ids, p_op_ids, p_payload_hashes) AS t (id, op_id, payload_hash);
    RETURN v_first;
END
$$;
REVOKE ALL ON FUNCTION places_create FROM PUBLIC;
GRANT EXECUTE ON FUNCTION places_create TO holdfast_app;

-- Writes the change of these places to the feeds of everybody who may see them, under the locks of their heads, and
-- returns their numbers.
--
-- The caller holds the row locks of the places that were there before; new ones may be inserted before or after.
-- `p_states`: 0 live, 1 in the trash, 2 purged. `p_live_delta` is how many more live places the acting user has now; the
-- plan's limit is checked under the head's lock and raises HF402.
CREATE FUNCTION feed_publish(
    p_owners uuid[], p_places uuid[], p_states smallint[], p_live_delta bigint, p_now timestamptz
) RETURNS TABLE (reader_id uuid, published_id uuid, number bigint)
    LANGUAGE plpgsql SECURITY DEFINER AS $$
#variable_conflict use_column
DECLARE
    v_actor uuid := public.acting_user();
    v_count bigint := cardinality(p_places);
    v_seq bigint;
    v_live bigint;
    v_max bigint;
BEGIN
    IF v_actor IS NULL THEN
        RAISE SQLSTATE 'HF401' USING MESSAGE = 'nobody acts';
    END IF;
    IF EXISTS (
        SELECT FROM unnest(p_owners, p_places) AS t (owner_id, place_id)
        WHERE t.owner_id <> v_actor
           OR EXISTS (SELECT FROM public.place_shares s WHERE s.owner_id = t.owner_id AND s.place_id = t.place_id)
    ) THEN
        -- Somebody else reads along.
        RETURN QUERY SELECT * FROM public.feed_publish_shared(p_owners, p_places, p_states, p_live_delta, p_now);
        RETURN;
    END IF;
    UPDATE public.feed_heads h SET seq = h.seq + v_count, live_places = h.live_places + p_live_delta
    WHERE h.user_id = v_actor
    RETURNING h.seq - v_count, h.live_places, CASE WHEN p_live_delta > 0 THEN (
        SELECT p.places_max FROM public.users u JOIN public.plans p ON p.id = u.plan_id WHERE u.id = v_actor) END
    INTO v_seq, v_live, v_max;
    IF v_live > v_max THEN
        RAISE SQLSTATE 'HF402' USING MESSAGE = 'the plan is full';
    END IF;
    RETURN QUERY
    INSERT INTO public.feed AS f (user_id, place_id, owner_id, seq, role, gone, changed_at)
    SELECT v_actor, t.place_id, v_actor, v_seq + t.position, 'owner', t.state = 2, p_now
    FROM unnest(p_places, p_states) WITH ORDINALITY AS t (place_id, state, position)
    ON CONFLICT (user_id, place_id) DO UPDATE
        SET seq = EXCLUDED.seq, role = EXCLUDED.role, gone = EXCLUDED.gone, changed_at = EXCLUDED.changed_at
    RETURNING f.user_id, f.place_id, f.seq;
END
$$;

-- The part of feed_publish for places that somebody else reads too: the audience is read here, under the places' locks.
CREATE FUNCTION feed_publish_shared(
    p_owners uuid[], p_places uuid[], p_states smallint[], p_live_delta bigint, p_now timestamptz
) RETURNS TABLE (reader_id uuid, published_id uuid, number bigint)
    LANGUAGE plpgsql SECURITY DEFINER AS $$
#variable_conflict use_column
DECLARE
    v_actor uuid := public.acting_user();
    v_live bigint;
    v_max bigint;
BEGIN
    IF v_actor IS NULL OR EXISTS (
        SELECT FROM unnest(p_owners, p_places) AS t (owner_id, place_id)
        WHERE t.owner_id <> v_actor AND NOT public.place_is_shared(t.owner_id, t.place_id, NULL, true)
    ) THEN
        RAISE insufficient_privilege USING MESSAGE = 'not an editor of a published place';
    END IF;
    PERFORM FROM public.feed_heads h
    WHERE h.user_id = ANY (p_owners) OR h.user_id IN (
        SELECT s.recipient_id
        FROM unnest(p_owners, p_places) AS t (owner_id, place_id)
        JOIN public.place_shares s ON s.owner_id = t.owner_id AND s.place_id = t.place_id
        WHERE s.suspended_at IS NULL)
    ORDER BY h.user_id FOR NO KEY UPDATE;
    RETURN QUERY
    WITH entry AS (
        SELECT a.user_id, a.owner_id, a.place_id, a.role, a.gone,
               row_number() OVER (PARTITION BY a.user_id ORDER BY a.position) AS number
        FROM (
            SELECT t.owner_id AS user_id, t.owner_id, t.place_id, 'owner' AS role, t.state = 2 AS gone, t.position
            FROM unnest(p_owners, p_places, p_states) WITH ORDINALITY AS t (owner_id, place_id, state, position)
            UNION ALL
            SELECT s.recipient_id, t.owner_id, t.place_id, s.role, t.state <> 0, t.position
            FROM unnest(p_owners, p_places, p_states) WITH ORDINALITY AS t (owner_id, place_id, state, position)
            JOIN public.place_shares s ON s.owner_id = t.owner_id AND s.place_id = t.place_id
            WHERE s.suspended_at IS NULL
        ) a
    ), head AS (
        UPDATE public.feed_heads h
        SET seq = h.seq + e.total,
            live_places = h.live_places + CASE WHEN h.user_id = v_actor THEN p_live_delta ELSE 0 END
        FROM (SELECT entry.user_id, count(*) AS total FROM entry GROUP BY entry.user_id) e
        WHERE h.user_id = e.user_id
        RETURNING h.user_id, h.seq - e.total AS before
    )
    INSERT INTO public.feed AS f (user_id, place_id, owner_id, seq, role, gone, changed_at)
    SELECT e.user_id, e.place_id, e.owner_id, head.before + e.number, e.role, e.gone, p_now
    FROM entry e JOIN head ON head.user_id = e.user_id
    ON CONFLICT (user_id, place_id) DO UPDATE
        SET seq = EXCLUDED.seq, role = EXCLUDED.role, gone = EXCLUDED.gone, changed_at = EXCLUDED.changed_at
    RETURNING f.user_id, f.place_id, f.seq;
    IF p_live_delta > 0 THEN
        SELECT h.live_places, p.places_max INTO v_live, v_max
        FROM public.feed_heads h JOIN public.users u ON u.id = h.user_id JOIN public.plans p ON p.id = u.plan_id
        WHERE h.user_id = v_actor;
        IF v_live > v_max THEN
            RAISE SQLSTATE 'HF402' USING MESSAGE = 'the plan is full';
        END IF;
    END IF;
END
$$;

-- Writes to one reader's feed that a place of the acting user became visible or invisible for them. The caller holds the
-- place's row lock and has changed the share. Returns no row where the reader had never seen it and still does not.
CREATE FUNCTION feed_publish_share(p_place uuid, p_reader uuid, p_now timestamptz)
    RETURNS TABLE (reader_id uuid, published_id uuid, number bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_actor uuid := acting_user();
    v_role text;
    v_seq bigint;
BEGIN
    PERFORM FROM places p WHERE p.owner_id = v_actor AND p.id = p_place;
    IF NOT FOUND THEN
        RAISE insufficient_privilege USING MESSAGE = 'not the owner of a published place';
    END IF;
    UPDATE feed_heads h SET seq = h.seq + 1 WHERE h.user_id = p_reader RETURNING h.seq INTO v_seq;
    SELECT s.role INTO v_role
    FROM place_shares s JOIN places p ON p.owner_id = s.owner_id AND p.id = s.place_id
    WHERE s.owner_id = v_actor AND s.place_id = p_place AND s.recipient_id = p_reader
      AND s.suspended_at IS NULL AND p.deleted_at IS NULL;
    IF v_role IS NULL THEN
        RETURN QUERY
        UPDATE feed f SET seq = v_seq, gone = true, changed_at = p_now
        WHERE f.user_id = p_reader AND f.place_id = p_place AND f.owner_id = v_actor
        RETURNING f.user_id, f.place_id, f.seq;
    ELSE
        RETURN QUERY
        INSERT INTO feed AS f (user_id, place_id, owner_id, seq, role, gone, changed_at)
        VALUES (p_reader, p_place, v_actor, v_seq, v_role, false, p_now)
        ON CONFLICT (user_id, place_id) DO UPDATE
            SET seq = EXCLUDED.seq, role = EXCLUDED.role, gone = false, changed_at = EXCLUDED.changed_at
        RETURNING f.user_id, f.place_id, f.seq;
    END IF;
END
$$;

-- Locks the heads that a write to these places will lock, in order, and says how many live places the acting user has and
-- may have. Taken after the place locks.
CREATE FUNCTION feed_heads_lock(p_owners uuid[], p_places uuid[]) RETURNS TABLE (live_places bigint, places_max bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM feed_heads h
    WHERE h.user_id = acting_user() OR h.user_id = ANY (p_owners) OR h.user_id IN (
        SELECT s.recipient_id
        FROM unnest(p_owners, p_places) AS t (owner_id, place_id)
        JOIN place_shares s ON s.owner_id = t.owner_id AND s.place_id = t.place_id
        WHERE s.suspended_at IS NULL)
    ORDER BY h.user_id FOR NO KEY UPDATE;
    RETURN QUERY
    SELECT h.live_places, p.places_max
    FROM feed_heads h JOIN users u ON u.id = h.user_id JOIN plans p ON p.id = u.plan_id
    WHERE h.user_id = acting_user();
END
$$;

-- The newest number of the feed for each of these connected devices that still is alive; numbers only.
CREATE FUNCTION live_heads(p_users uuid[], p_devices uuid[])
    RETURNS TABLE (live_user uuid, live_device uuid, number bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT d.user_id, d.id, h.seq
    FROM unnest(p_users, p_devices) AS t (user_id, device_id)
    JOIN devices d ON d.user_id = t.user_id AND d.id = t.device_id AND d.revoked_at IS NULL
    JOIN users u ON u.id = d.user_id AND u.deleted_at IS NULL AND u.suspended_at IS NULL
    JOIN feed_heads h ON h.user_id = d.user_id
$$;

-- What waits on all devices that were here since `p_since`, as they last said: two numbers.
CREATE FUNCTION devices_pending(p_since timestamptz) RETURNS TABLE (pending bigint, oldest_seconds bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(sum(d.pending), 0)::bigint, coalesce(max(d.oldest_pending_seconds) FILTER (WHERE d.pending > 0), 0)
    FROM devices d WHERE d.revoked_at IS NULL AND d.last_sync_at >= p_since
$$;

-- Places that have been in the trash since before `p_before`, in order, behind the given one: ids and times only.
CREATE FUNCTION places_to_purge(p_before timestamptz, p_after timestamptz, p_after_place uuid, p_limit integer)
    RETURNS TABLE (place_owner uuid, place_id uuid, trashed_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p.owner_id, p.id, p.deleted_at FROM places p
    WHERE p.deleted_at < p_before AND p.purged_at IS NULL AND (p.deleted_at, p.id) > (p_after, p_after_place)
    ORDER BY p.deleted_at, p.id LIMIT p_limit
$$;

-- Drops feed entries that have been gone since before `p_before`, and moves the horizon of their users past them, so
-- that an older cursor starts over instead of missing them. Returns how many were dropped.
CREATE FUNCTION feed_prune(p_before timestamptz, p_limit integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_users uuid[];
    v_places uuid[];
    v_dropped bigint;
BEGIN
    SELECT array_agg(d.user_id), array_agg(d.place_id) INTO v_users, v_places
    FROM (SELECT f.user_id, f.place_id FROM feed f
          WHERE f.gone AND f.changed_at < p_before ORDER BY f.changed_at LIMIT p_limit) d;
    PERFORM FROM feed_heads h WHERE h.user_id = ANY (v_users) ORDER BY h.user_id FOR NO KEY UPDATE;
    -- Under the locks: what has come back meanwhile stays.
    WITH dropped AS (
        DELETE FROM feed f USING unnest(v_users, v_places) AS due (user_id, place_id)
        WHERE f.user_id = due.user_id AND f.place_id = due.place_id AND f.gone AND f.changed_at < p_before
        RETURNING f.user_id, f.seq
    ), moved AS (
        UPDATE feed_heads h SET horizon = greatest(h.horizon, d.seq)
        FROM (SELECT dropped.user_id, max(dropped.seq) AS seq FROM dropped GROUP BY dropped.user_id) d
        WHERE h.user_id = d.user_id
    )
    SELECT count(*) INTO v_dropped FROM dropped;
    RETURN v_dropped;
END
$$;

-- Drops receipts from before `p_before`. Returns how many.
-- The index over time is read by bitmap, which is off for everything else.
CREATE FUNCTION op_receipts_prune(p_before timestamptz, p_limit integer) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_bitmapscan = on AS $$
    WITH dropped AS (
        DELETE FROM op_receipts r
        WHERE (r.actor_id, r.op_id) IN (
            SELECT d.actor_id, d.op_id FROM op_receipts d WHERE d.created_at < p_before LIMIT p_limit)
        RETURNING 1
    )
    SELECT count(*) FROM dropped
$$;

DO $$
DECLARE
    v_function regprocedure;
BEGIN
    FOR v_function IN
        SELECT p.oid FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
    LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO holdfast_feed', v_function);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', v_function);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO holdfast_app', v_function);
    END LOOP;
END
$$;
REVOKE CREATE ON SCHEMA public FROM holdfast_feed;
