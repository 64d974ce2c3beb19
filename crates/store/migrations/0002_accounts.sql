-- Accounts: the narrow ways in.
--
-- Who signs in is nobody yet, and nobody sees nothing. So setup, sign-in, pairing and the look-up of a token each are one
-- SECURITY DEFINER function that answers exactly its question. What the server's own role may do with accounts besides
-- that shrinks to what a signed-in person needs: it can't read a password's hash or a token's, nor make devices.

GRANT CREATE ON SCHEMA public TO holdfast_feed;

-- An account that an administrator added has no password until one is set.
ALTER TABLE users ALTER COLUMN password_hash DROP NOT NULL;

REVOKE SELECT, UPDATE ON users FROM holdfast_app;
GRANT SELECT (id, email, plan_id, created_at, suspended_at, deleted_at) ON users TO holdfast_app;

REVOKE SELECT, INSERT, UPDATE ON devices FROM holdfast_app;
GRANT SELECT (user_id, id, kind, name, platform, created_at, last_sync_at, pending, oldest_pending_seconds, revoked_at)
    ON devices TO holdfast_app;
GRANT UPDATE (name, token_hash, last_sync_at, pending, oldest_pending_seconds, revoked_at) ON devices TO holdfast_app;

REVOKE INSERT ON pairing_codes FROM holdfast_app;
DROP POLICY pairing_codes_own ON pairing_codes;

-- The administrator's command line sets plans.
GRANT INSERT, UPDATE ON plans TO holdfast_feed;

-- ── First run ──────────────────────────────────────────────────────────────────────────────────────────────────────

-- Whether the server waits for its first account.
CREATE FUNCTION setup_needed() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT NOT EXISTS (SELECT FROM users)
$$;

-- Makes this the setup code, in place of an earlier one, while there is no account. Returns whether it did.
CREATE FUNCTION setup_begin(p_code_hash bytea) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM server_state FOR UPDATE;
    IF setup_needed() THEN
        UPDATE server_state SET setup_code_hash = p_code_hash;
        RETURN true;
    END IF;
    UPDATE server_state SET setup_code_hash = NULL WHERE setup_code_hash IS NOT NULL;
    RETURN false;
END
$$;

-- What a setup with this code would come to: 'ok', 'already_set_up' or 'invalid_code'. Spares hashing a password for a
-- wrong code.
CREATE FUNCTION setup_check(p_code_hash bytea) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE
        WHEN NOT setup_needed() THEN 'already_set_up'
        WHEN s.setup_code_hash = p_code_hash THEN 'ok'
        ELSE 'invalid_code'
    END
    FROM server_state s
$$;

-- Makes the first account with its first device. Answers as setup_check does; of two at the same moment the second waits
-- for the first and then is one too many.
CREATE FUNCTION setup_finish(
    p_code_hash bytea, p_user uuid, p_email text, p_password_hash text, p_now timestamptz,
    p_device uuid, p_kind text, p_name text, p_platform text, p_token_hash bytea
) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_answer text;
BEGIN
    PERFORM FROM server_state FOR UPDATE;
    v_answer := setup_check(p_code_hash);
    IF v_answer = 'ok' THEN
        UPDATE server_state SET setup_code_hash = NULL;
        INSERT INTO users (id, email, email_key, password_hash, created_at)
        VALUES (p_user, p_email, lower(p_email), p_password_hash, p_now);
        INSERT INTO devices (user_id, id, kind, name, platform, token_hash, created_at)
        VALUES (p_user, p_device, p_kind, p_name, p_platform, p_token_hash, p_now);
    END IF;
    RETURN v_answer;
END
$$;

-- ── Signing in ─────────────────────────────────────────────────────────────────────────────────────────────────────

-- What is needed to check a password.
CREATE FUNCTION account_credentials(p_email text)
    RETURNS TABLE (account_id uuid, account_password_hash text, suspended boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT u.id, u.password_hash, u.suspended_at IS NOT NULL
    FROM users u WHERE u.email_key = lower(p_email) AND u.deleted_at IS NULL
$$;

-- Signs a device in, for a person who has proved who they are with the password that `p_password_hash` belongs to. Not if
-- the password was changed meanwhile, or the account is gone. Returns whether it did.
CREATE FUNCTION account_sign_in(
    p_user uuid, p_password_hash text, p_now timestamptz,
    p_device uuid, p_kind text, p_name text, p_platform text, p_token_hash bytea
) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO devices (user_id, id, kind, name, platform, token_hash, created_at)
    SELECT u.id, p_device, p_kind, p_name, p_platform, p_token_hash, p_now
    FROM users u
    WHERE u.id = p_user AND u.password_hash = p_password_hash AND u.deleted_at IS NULL AND u.suspended_at IS NULL
    FOR SHARE;
    RETURN FOUND;
END
$$;

-- Whose token this is. A suspended account's is found: act_as says what is the matter with it.
CREATE FUNCTION device_of_token(p_token_hash bytea) RETURNS TABLE (account_id uuid, device_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT d.user_id, d.id FROM devices d WHERE d.token_hash = p_token_hash AND d.revoked_at IS NULL
$$;

-- ── Pairing ────────────────────────────────────────────────────────────────────────────────────────────────────────

-- A new code for the acting user, made by this device of theirs. Only the newest `p_keep` of an account can be used.
CREATE FUNCTION pairing_code_add(
    p_device uuid, p_code_hash bytea, p_now timestamptz, p_expires timestamptz, p_keep integer
) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_user uuid := acting_user();
BEGIN
    -- One at a time, so that the bound holds; and pairing_codes_end either comes before, and then the device is seen to be
    -- revoked, or after, and then it finds this code.
    PERFORM FROM users u WHERE u.id = v_user FOR NO KEY UPDATE;
    IF NOT EXISTS (SELECT FROM devices d WHERE d.user_id = v_user AND d.id = p_device AND d.revoked_at IS NULL) THEN
        RAISE SQLSTATE 'HF401' USING MESSAGE = 'the device is not signed in';
    END IF;
    DELETE FROM pairing_codes c
    WHERE c.user_id = v_user AND (
        c.used_at IS NOT NULL OR c.expires_at <= p_now OR c.code_hash IN (
            SELECT o.code_hash FROM pairing_codes o
            WHERE o.user_id = v_user AND o.used_at IS NULL AND o.expires_at > p_now
            ORDER BY o.created_at DESC OFFSET greatest(p_keep - 1, 0)));
    INSERT INTO pairing_codes (code_hash, user_id, created_at, expires_at)
    VALUES (p_code_hash, v_user, p_now, p_expires);
END
$$;

-- Uses a code up and signs the device in. Returns whose code it was, or null where it can't be used.
CREATE FUNCTION pairing_code_use(
    p_code_hash bytea, p_now timestamptz,
    p_device uuid, p_kind text, p_name text, p_platform text, p_token_hash bytea
) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_user uuid;
BEGIN
    UPDATE pairing_codes c SET used_at = p_now
    WHERE c.code_hash = p_code_hash AND c.used_at IS NULL AND c.expires_at > p_now AND EXISTS (
        SELECT FROM users u WHERE u.id = c.user_id AND u.deleted_at IS NULL AND u.suspended_at IS NULL)
    RETURNING c.user_id INTO v_user;
    IF v_user IS NOT NULL THEN
        INSERT INTO devices (user_id, id, kind, name, platform, token_hash, created_at)
        VALUES (v_user, p_device, p_kind, p_name, p_platform, p_token_hash, p_now);
    END IF;
    RETURN v_user;
END
$$;

-- Ends every pairing code of the acting user. Called after a device of theirs was revoked.
CREATE FUNCTION pairing_codes_end() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM users u WHERE u.id = acting_user() FOR NO KEY UPDATE;
    DELETE FROM pairing_codes c WHERE c.user_id = acting_user();
END
$$;

-- For the administrator: a new password, if there is one; no pairing code can be used any more; with `p_sign_out` every
-- device and browser is revoked. Returns how many were.
CREATE FUNCTION account_reset(p_user uuid, p_password_hash text, p_sign_out boolean, p_now timestamptz) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_revoked bigint := 0;
BEGIN
    UPDATE users u SET password_hash = coalesce(p_password_hash, u.password_hash) WHERE u.id = p_user;
    -- Codes first: one that is being used at this moment is waited for, and the device that it signed in is seen below.
    DELETE FROM pairing_codes c WHERE c.user_id = p_user;
    IF p_sign_out THEN
        UPDATE devices d SET revoked_at = p_now, token_hash = NULL WHERE d.user_id = p_user AND d.revoked_at IS NULL;
        GET DIAGNOSTICS v_revoked = ROW_COUNT;
    END IF;
    RETURN v_revoked;
END
$$;
-- Nobody's but the administrator's.
ALTER FUNCTION account_reset(uuid, text, boolean, timestamptz) OWNER TO holdfast_feed;
REVOKE ALL ON FUNCTION account_reset(uuid, text, boolean, timestamptz) FROM PUBLIC;

-- Drops codes that can't be used any more. Returns how many.
CREATE FUNCTION pairing_codes_prune(p_now timestamptz) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH dropped AS (
        DELETE FROM pairing_codes c WHERE c.used_at IS NOT NULL OR c.expires_at <= p_now RETURNING 1
    )
    SELECT count(*) FROM dropped
$$;

-- ── A restored backup ──────────────────────────────────────────────────────────────────────────────────────────────

-- For the administrator, after the database was put back to an older state: a new epoch, so that every device starts over
-- and offers what is missing; no session, so that one that was revoked since is not alive again; and no share before its
-- owner confirms it, so that a backup does not undo that it was taken back.
GRANT INSERT ON server_generations TO holdfast_feed;
GRANT UPDATE ON place_shares TO holdfast_feed;
CREATE FUNCTION server_restored(p_epoch uuid, p_generation uuid, p_now timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE server_state SET epoch = p_epoch;
    INSERT INTO server_generations (generation, created_at) VALUES (p_generation, p_now);
    DELETE FROM pairing_codes;
    UPDATE devices SET revoked_at = p_now, token_hash = NULL WHERE revoked_at IS NULL;
    UPDATE place_shares SET suspended_at = p_now WHERE suspended_at IS NULL;
$$;
ALTER FUNCTION server_restored(uuid, uuid, timestamptz) OWNER TO holdfast_feed;
REVOKE ALL ON FUNCTION server_restored(uuid, uuid, timestamptz) FROM PUBLIC;

-- ── Sessions ───────────────────────────────────────────────────────────────────────────────────────────────────────

-- Ends the sessions of browsers that began before `p_before`. Returns how many.
CREATE FUNCTION sessions_expire(p_before timestamptz, p_now timestamptz) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH ended AS (
        UPDATE devices d SET revoked_at = p_now, token_hash = NULL
        WHERE d.kind = 'browser' AND d.revoked_at IS NULL AND d.created_at < p_before RETURNING 1
    )
    SELECT count(*) FROM ended
$$;

-- Drops what was signed out before `p_before`. Returns how many.
CREATE FUNCTION devices_prune(p_before timestamptz) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    WITH dropped AS (
        DELETE FROM devices d WHERE d.revoked_at < p_before RETURNING 1
    )
    SELECT count(*) FROM dropped
$$;

DO $$
DECLARE
    v_function regprocedure;
BEGIN
    FOR v_function IN
        SELECT p.oid FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND p.proname IN (
            'setup_needed', 'setup_begin', 'setup_check', 'setup_finish', 'account_credentials', 'account_sign_in',
            'device_of_token', 'pairing_code_add', 'pairing_code_use', 'pairing_codes_end', 'pairing_codes_prune',
            'sessions_expire', 'devices_prune')
    LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO holdfast_feed', v_function);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', v_function);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO holdfast_app', v_function);
    END LOOP;
END
$$;
REVOKE CREATE ON SCHEMA public FROM holdfast_feed;
