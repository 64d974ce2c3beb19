-- What the web platform was still missing: imports whose taking back was left are forgotten like others, a first password for an
-- account without one, and what a server can say about its schema.

-- ── Imports that are left while they are taken back ────────────────────────────────────────────────────────────────

DROP INDEX imports_touched_idx;
CREATE INDEX imports_touched_idx ON imports (touched_at) WHERE state IN ('running', 'finished', 'undoing', 'undone');

-- Tidies the imports of everybody, at most `p_limit` of each kind at once: drops those that were previewed before `p_previewed` and
-- never run, with their bytes; ends those that run and were not touched since `p_running`, whose bytes go; drops what has come to
-- its end, or is being taken back, and was not touched since `p_ended`, with its rows, though not its places. Returns how many.
CREATE OR REPLACE FUNCTION imports_prune(p_previewed timestamptz, p_running timestamptz, p_ended timestamptz, p_now timestamptz, p_limit integer)
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
            SELECT d.owner_id, d.id FROM imports d
            WHERE d.state IN ('finished', 'undoing', 'undone') AND d.touched_at < p_ended
            LIMIT p_limit FOR UPDATE SKIP LOCKED) d
        WHERE i.owner_id = d.owner_id AND i.id = d.id RETURNING 1
    )
    SELECT (SELECT count(*) FROM previewed) + (SELECT count(*) FROM running) + (SELECT count(*) FROM ended)
$$;

-- ── A first password ───────────────────────────────────────────────────────────────────────────────────────────────

-- What a one-time code is worth for a first password: `ok`, `has_password` or `invalid_code`. Uses nothing up.
CREATE FUNCTION account_check_code(p_code_hash bytea, p_now timestamptz) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce((
        SELECT CASE WHEN u.password_hash IS NULL THEN 'ok' ELSE 'has_password' END
        FROM pairing_codes c JOIN users u ON u.id = c.user_id
        WHERE c.code_hash = p_code_hash AND c.used_at IS NULL AND c.expires_at > p_now
            AND u.deleted_at IS NULL AND u.suspended_at IS NULL), 'invalid_code')
$$;

-- Uses a one-time code up, gives its account, which has no password yet, its first one, and signs the browser in that it was typed
-- into. No other code of the account can be used any more. Returns whose account it is, or null where any of that is not so.
CREATE FUNCTION account_first_password(
    p_code_hash bytea, p_password_hash text, p_now timestamptz,
    p_device uuid, p_kind text, p_name text, p_platform text, p_token_hash bytea
) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_user uuid;
BEGIN
    -- The account first, as everything does that ends codes.
    SELECT u.id INTO v_user FROM users u JOIN pairing_codes c ON c.user_id = u.id
    WHERE c.code_hash = p_code_hash FOR NO KEY UPDATE OF u;
    UPDATE users u SET password_hash = p_password_hash
    WHERE u.id = v_user AND u.password_hash IS NULL AND u.deleted_at IS NULL AND u.suspended_at IS NULL AND EXISTS (
        SELECT FROM pairing_codes c
        WHERE c.code_hash = p_code_hash AND c.user_id = v_user AND c.used_at IS NULL AND c.expires_at > p_now);
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    DELETE FROM pairing_codes c WHERE c.user_id = v_user;
    INSERT INTO devices (user_id, id, kind, name, platform, token_hash, created_at)
    VALUES (v_user, p_device, p_kind, p_name, p_platform, p_token_hash, p_now);
    RETURN v_user;
END
$$;

-- ── The schema ─────────────────────────────────────────────────────────────────────────────────────────────────────

-- Which migrations were run, for a server that says whether it is ready. (Whoever runs these files by hand has no such table.)
DO $$
BEGIN
    IF to_regclass('public._sqlx_migrations') IS NOT NULL THEN
        GRANT SELECT ON _sqlx_migrations TO holdfast_app;
    END IF;
END
$$;

-- ── Owner and rights of the functions ──────────────────────────────────────────────────────────────────────────────

GRANT CREATE ON SCHEMA public TO holdfast_feed;
DO $$
DECLARE
    v_function regprocedure;
BEGIN
    FOR v_function IN
        SELECT p.oid FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND p.proname IN ('account_check_code', 'account_first_password')
    LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO holdfast_feed', v_function);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', v_function);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO holdfast_app', v_function);
    END LOOP;
END
$$;
REVOKE CREATE ON SCHEMA public FROM holdfast_feed;
