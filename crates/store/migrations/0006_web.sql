-- What the web platform asks that crosses users, and imports on the server.

GRANT CREATE ON SCHEMA public TO holdfast_feed;

-- Who else sees these places, as far as the acting user may know: of an own place the addresses of those it is shown to, at most
-- 20, how many people these are, and how many shares wait for a word of its owner's; of somebody else's that is shared with the acting user its owner's
-- address. Nothing of any other place, and no row where there is nothing to say. The arrays go together.
CREATE FUNCTION places_audience(p_owners uuid[], p_places uuid[])
    RETURNS TABLE (place_id uuid, owner_email text, shown_to text[], shown_to_count bigint, suspended bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_actor uuid := public.acting_user();
BEGIN
    -- Every key is looked up by itself, whatever the statistics say.
    RETURN QUERY
    SELECT t.place_id, NULL::text,
           coalesce((array_agg(u.email ORDER BY u.email_key) FILTER (WHERE s.suspended_at IS NULL))[1:20], '{}'),
           count(*) FILTER (WHERE s.suspended_at IS NULL), count(*) FILTER (WHERE s.suspended_at IS NOT NULL)
    FROM unnest(p_owners, p_places) AS t (owner_id, place_id)
    CROSS JOIN LATERAL (SELECT s.recipient_id, s.suspended_at FROM public.place_shares s
                        WHERE s.owner_id = t.owner_id AND s.place_id = t.place_id OFFSET 0) s
    CROSS JOIN LATERAL (SELECT u.email, u.email_key FROM public.users u
                        WHERE u.id = s.recipient_id AND u.deleted_at IS NULL OFFSET 0) u
    WHERE t.owner_id = v_actor
    GROUP BY t.place_id
    UNION ALL
    SELECT t.place_id, u.email, '{}'::text[], 0, 0
    FROM unnest(p_owners, p_places) AS t (owner_id, place_id)
    CROSS JOIN LATERAL (SELECT FROM public.place_shares s
                        WHERE s.owner_id = t.owner_id AND s.place_id = t.place_id AND s.recipient_id = v_actor
                          AND s.suspended_at IS NULL OFFSET 0) s
    CROSS JOIN LATERAL (SELECT p.deleted_at FROM public.places p
                        WHERE p.owner_id = t.owner_id AND p.id = t.place_id OFFSET 0) p
    CROSS JOIN LATERAL (SELECT u.email FROM public.users u WHERE u.id = t.owner_id AND u.deleted_at IS NULL OFFSET 0) u
    WHERE t.owner_id <> v_actor AND p.deleted_at IS NULL;
END
$$;

-- Who changed the acting user's own place: the addresses of others, who have or had a share of it.
GRANT SELECT ON place_history TO holdfast_feed;
CREATE FUNCTION place_history_people(p_place uuid) RETURNS TABLE (person_id uuid, person_email text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT u.id, u.email
    FROM (SELECT DISTINCT h.actor_id FROM place_history h
          WHERE h.owner_id = acting_user() AND h.place_id = p_place AND h.actor_id <> acting_user()) a
    JOIN users u ON u.id = a.actor_id AND u.deleted_at IS NULL
$$;

-- ── Imports ────────────────────────────────────────────────────────────────────────────────────────────────────────

-- Files that a person brought in through the web. The bytes are there only until the import is finished.
CREATE TABLE imports (
    owner_id    uuid NOT NULL CONSTRAINT imports_owner_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    id          uuid NOT NULL,
    label       text NOT NULL CONSTRAINT imports_label_length CHECK (char_length(label) BETWEEN 1 AND 200),
    format      text NOT NULL CONSTRAINT imports_format_length CHECK (char_length(format) BETWEEN 1 AND 40),
    state       text NOT NULL CONSTRAINT imports_state
                CHECK (state IN ('previewed', 'running', 'finished', 'undoing', 'undone')),
    file        bytea CONSTRAINT imports_file_length CHECK (octet_length(file) <= 33554432),
    options     jsonb NOT NULL CONSTRAINT imports_options_length CHECK (octet_length(options::text) <= 65536),
    created_at  timestamptz NOT NULL,
    finished_at timestamptz,
    -- When somebody last worked at it.
    touched_at  timestamptz NOT NULL,
    -- What running it came to so far, and what taking it back did.
    total       bigint NOT NULL DEFAULT 0,
    created     bigint NOT NULL DEFAULT 0,
    known       bigint NOT NULL DEFAULT 0,
    in_trash    bigint NOT NULL DEFAULT 0,
    rejected    bigint NOT NULL DEFAULT 0,
    removed     bigint NOT NULL DEFAULT 0,
    kept        bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (owner_id, id),
    CONSTRAINT imports_file_while_open CHECK ((file IS NULL) = (state IN ('finished', 'undoing', 'undone')))
);
-- What the pruning looks for, across owners.
CREATE INDEX imports_open_idx ON imports (created_at) WHERE state = 'previewed';
CREATE INDEX imports_touched_idx ON imports (touched_at) WHERE state IN ('running', 'finished', 'undone');
ALTER TABLE imports ALTER COLUMN file SET STORAGE EXTERNAL;

-- The rows of an import, by their number in it: noted before they are run, and `created` where this import made the place. Where
-- that is not known (NULL), whoever ran it has not come to say: the receipt of the row's operation tells.
CREATE TABLE import_places (
    owner_id  uuid NOT NULL,
    import_id uuid NOT NULL,
    number    bigint NOT NULL,
    client_id uuid NOT NULL,
    place_id  uuid,
    created   boolean,
    PRIMARY KEY (owner_id, import_id, number),
    CONSTRAINT import_places_import_fkey FOREIGN KEY (owner_id, import_id) REFERENCES imports (owner_id, id) ON DELETE CASCADE
);

GRANT SELECT, INSERT, UPDATE, DELETE ON imports TO holdfast_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON import_places TO holdfast_app;
GRANT SELECT, UPDATE, DELETE ON imports TO holdfast_feed;
ALTER TABLE imports ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE import_places ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY imports_own ON imports TO holdfast_app USING (owner_id = (SELECT acting_user()));
CREATE POLICY import_places_own ON import_places TO holdfast_app USING (owner_id = (SELECT acting_user()));
CREATE POLICY imports_definer ON imports TO holdfast_feed USING (true) WITH CHECK (true);

-- Makes room for one more import of the acting user: of those that are open at most `p_most` - 1 stay, and the oldest that were
-- never run go. One at a time, so that the bound holds. Raises HF429 where too many of them have begun to run.
CREATE FUNCTION imports_room(p_most bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_user uuid := acting_user();
BEGIN
    PERFORM FROM users u WHERE u.id = v_user FOR NO KEY UPDATE;
    DELETE FROM imports i WHERE i.owner_id = v_user AND i.state = 'previewed' AND i.id IN (
        SELECT o.id FROM imports o WHERE o.owner_id = v_user AND o.state IN ('previewed', 'running')
        ORDER BY o.state = 'running' DESC, o.created_at DESC, o.id DESC OFFSET greatest(p_most - 1, 0));
    IF (SELECT count(*) FROM imports i WHERE i.owner_id = v_user AND i.state IN ('previewed', 'running')) >= p_most THEN
        RAISE SQLSTATE 'HF429' USING MESSAGE = 'too many imports are open';
    END IF;
END
$$;

-- Tidies the imports of everybody, at most `p_limit` of each kind at once: drops those that were previewed before `p_previewed` and
-- never run, with their bytes; ends those that run and were not touched since `p_running`, whose bytes go; drops what has come to
-- its end and was not touched since `p_ended`, with its rows, though not its places. Returns how many.
CREATE FUNCTION imports_prune(p_previewed timestamptz, p_running timestamptz, p_ended timestamptz, p_now timestamptz, p_limit integer)
    RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH previewed AS (
        DELETE FROM imports i USING (
            SELECT d.owner_id, d.id FROM imports d WHERE d.state = 'previewed' AND d.created_at < p_previewed
            LIMIT p_limit FOR UPDATE SKIP LOCKED) d
        WHERE i.owner_id = d.owner_id AND i.id = d.id RETURNING 1
    ), running AS (
        UPDATE imports i SET state = 'finished', file = NULL, finished_at = p_now FROM (
            SELECT d.owner_id, d.id FROM imports d WHERE d.state = 'running' AND d.touched_at < p_running
            LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED) d
        WHERE i.owner_id = d.owner_id AND i.id = d.id RETURNING 1
    ), ended AS (
        DELETE FROM imports i USING (
            SELECT d.owner_id, d.id FROM imports d WHERE d.state IN ('finished', 'undone') AND d.touched_at < p_ended
            LIMIT p_limit FOR UPDATE SKIP LOCKED) d
        WHERE i.owner_id = d.owner_id AND i.id = d.id RETURNING 1
    )
    SELECT (SELECT count(*) FROM previewed) + (SELECT count(*) FROM running) + (SELECT count(*) FROM ended)
$$;

-- ── A new password ─────────────────────────────────────────────────────────────────────────────────────────────────

-- The acting user's password, hashed, to check the current one before it is changed.
CREATE FUNCTION account_own_password() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT u.password_hash FROM users u WHERE u.id = acting_user() AND u.deleted_at IS NULL
$$;

-- A new password for the acting user, in place of the one that `p_current_hash` belongs to. No pairing code can be used any more,
-- and every browser but this one is signed out; devices stay. Returns whether it did: not if the password was changed meanwhile.
CREATE FUNCTION account_change_password(p_device uuid, p_current_hash text, p_new_hash text, p_now timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_user uuid := acting_user();
BEGIN
    UPDATE users u SET password_hash = p_new_hash
    WHERE u.id = v_user AND u.password_hash = p_current_hash AND u.deleted_at IS NULL;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM pairing_codes c WHERE c.user_id = v_user;
    UPDATE devices d SET revoked_at = p_now, token_hash = NULL
    WHERE d.user_id = v_user AND d.kind = 'browser' AND d.id <> p_device AND d.revoked_at IS NULL;
    RETURN true;
END
$$;

DO $$
DECLARE
    v_function regprocedure;
BEGIN
    FOR v_function IN
        SELECT p.oid FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND p.proname IN (
            'places_audience', 'place_history_people', 'imports_room', 'imports_prune', 'account_own_password',
            'account_change_password')
    LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO holdfast_feed', v_function);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', v_function);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO holdfast_app', v_function);
    END LOOP;
END
$$;
REVOKE CREATE ON SCHEMA public FROM holdfast_feed;
