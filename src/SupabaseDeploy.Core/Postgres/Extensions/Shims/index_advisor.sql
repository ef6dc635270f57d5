-- Advice needs hypothetical indexes, which need a loaded library. The answer is empty and its errors say why.
create function index_advisor(query text)
    returns table (
        startup_cost_before jsonb, startup_cost_after jsonb, total_cost_before jsonb, total_cost_after jsonb,
        index_statements text[], errors text[]) language sql stable as $$
    select null::jsonb, null::jsonb, null::jsonb, null::jsonb, '{}'::text[], array['index_advisor is a shim on this server and gives no advice']
$$;
