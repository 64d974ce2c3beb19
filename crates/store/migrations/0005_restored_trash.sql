-- After a restore, the days in the trash begin anew: what its owner took out since the backup must not be purged before any of
-- their devices could say so.
GRANT UPDATE (deleted_at) ON places TO holdfast_feed;
CREATE OR REPLACE FUNCTION server_restored(p_epoch uuid, p_generation uuid, p_now timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE server_state SET epoch = p_epoch;
    INSERT INTO server_generations (generation, created_at) VALUES (p_generation, p_now);
    DELETE FROM pairing_codes;
    UPDATE devices SET revoked_at = p_now, token_hash = NULL WHERE revoked_at IS NULL;
    UPDATE place_shares SET suspended_at = p_now WHERE suspended_at IS NULL;
    UPDATE places SET deleted_at = p_now WHERE deleted_at IS NOT NULL AND purged_at IS NULL;
$$;
