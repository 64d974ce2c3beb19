-- What the acting user shows to whom, as its owner sees it: with the other person's address, by which they were named. At most
-- `p_limit`, those that wait for a word of their owner first.
GRANT CREATE ON SCHEMA public TO holdfast_feed;
CREATE FUNCTION shares_given(p_limit bigint)
    RETURNS TABLE (place_id uuid, place_name text, recipient_id uuid, recipient_email text, role text, shared_at timestamptz,
                   suspended boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p.id, p.name, u.id, u.email, s.role, s.created_at, s.suspended_at IS NOT NULL
    FROM place_shares s
    JOIN places p ON p.owner_id = s.owner_id AND p.id = s.place_id AND p.purged_at IS NULL
    JOIN users u ON u.id = s.recipient_id AND u.deleted_at IS NULL
    WHERE s.owner_id = acting_user()
    ORDER BY s.suspended_at IS NULL, s.created_at DESC, p.id, u.id
    LIMIT p_limit
$$;
ALTER FUNCTION shares_given(bigint) OWNER TO holdfast_feed;
REVOKE ALL ON FUNCTION shares_given(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION shares_given(bigint) TO holdfast_app;
REVOKE CREATE ON SCHEMA public FROM holdfast_feed;
