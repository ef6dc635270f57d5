-- What the Auth service has added since 2025: OAuth clients of the project, custom providers, passkeys.
do $$
declare
    enumeration record;
begin
    for enumeration in
        select * from (values
            ('oauth_registration_type',    array['dynamic', 'manual']),
            ('oauth_authorization_status', array['pending', 'approved', 'denied', 'expired']),
            ('oauth_response_type',        array['code']),
            ('oauth_client_type',          array['public', 'confidential'])
        ) as type(name, labels)
    loop
        if to_regtype(format('auth.%I', enumeration.name)) is null then
            execute format('create type auth.%I as enum (%s)', enumeration.name,
                (select string_agg(quote_literal(label), ', ' order by position)
                 from unnest(enumeration.labels) with ordinality as each(label, position)));
            execute format('alter type auth.%I owner to supabase_auth_admin', enumeration.name);
        end if;
    end loop;
end
$$;

create table if not exists auth.oauth_clients (
    id                         uuid not null,
    client_secret_hash         text,
    registration_type          auth.oauth_registration_type not null,
    redirect_uris              text not null,
    grant_types                text not null,
    client_name                text,
    client_uri                 text,
    logo_uri                   text,
    created_at                 timestamptz not null default now(),
    updated_at                 timestamptz not null default now(),
    deleted_at                 timestamptz,
    client_type                auth.oauth_client_type not null default 'confidential',
    token_endpoint_auth_method text not null check (token_endpoint_auth_method in ('client_secret_basic', 'client_secret_post', 'none')),
    constraint oauth_clients_pkey primary key (id)
);
create index if not exists oauth_clients_deleted_at_idx on auth.oauth_clients (deleted_at);

create table if not exists auth.oauth_authorizations (
    id                    uuid not null,
    authorization_id      text not null,
    client_id             uuid not null references auth.oauth_clients (id) on delete cascade,
    user_id               uuid references auth.users (id) on delete cascade,
    redirect_uri          text not null,
    scope                 text not null,
    state                 text,
    resource              text,
    code_challenge        text,
    code_challenge_method auth.code_challenge_method,
    response_type         auth.oauth_response_type not null default 'code',
    status                auth.oauth_authorization_status not null default 'pending',
    authorization_code    text,
    created_at            timestamptz not null default now(),
    expires_at            timestamptz not null default now() + interval '3 minutes',
    approved_at           timestamptz,
    nonce                 text,
    constraint oauth_authorizations_pkey primary key (id),
    constraint oauth_authorizations_authorization_id_key unique (authorization_id),
    constraint oauth_authorizations_authorization_code_key unique (authorization_code)
);

create table if not exists auth.oauth_consents (
    id         uuid not null,
    user_id    uuid not null references auth.users (id) on delete cascade,
    client_id  uuid not null references auth.oauth_clients (id) on delete cascade,
    scopes     text not null,
    granted_at timestamptz not null default now(),
    revoked_at timestamptz,
    constraint oauth_consents_pkey primary key (id),
    constraint oauth_consents_user_client_unique unique (user_id, client_id)
);

create table if not exists auth.oauth_client_states (
    id            uuid not null,
    provider_type text not null,
    code_verifier text,
    created_at    timestamptz not null,
    constraint oauth_client_states_pkey primary key (id)
);
create index if not exists idx_oauth_client_states_created_at on auth.oauth_client_states (created_at);

create table if not exists auth.custom_oauth_providers (
    id                      uuid not null default gen_random_uuid(),
    provider_type           text not null check (provider_type in ('oauth2', 'oidc')),
    identifier              text not null,
    name                    text not null,
    client_id               text not null,
    client_secret           text not null,
    acceptable_client_ids   text[] not null default '{}',
    scopes                  text[] not null default '{}',
    pkce_enabled            boolean not null default true,
    attribute_mapping       jsonb not null default '{}',
    authorization_params    jsonb not null default '{}',
    enabled                 boolean not null default true,
    email_optional          boolean not null default false,
    issuer                  text,
    discovery_url           text,
    skip_nonce_check        boolean not null default false,
    cached_discovery        jsonb,
    discovery_cached_at     timestamptz,
    authorization_url       text,
    token_url               text,
    userinfo_url            text,
    jwks_uri                text,
    created_at              timestamptz not null default now(),
    updated_at              timestamptz not null default now(),
    custom_claims_allowlist text[] not null default '{}',
    constraint custom_oauth_providers_pkey primary key (id),
    constraint custom_oauth_providers_identifier_key unique (identifier)
);

create table if not exists auth.webauthn_credentials (
    id               uuid not null default gen_random_uuid(),
    user_id          uuid not null references auth.users (id) on delete cascade,
    credential_id    bytea not null,
    public_key       bytea not null,
    attestation_type text not null default '',
    aaguid           uuid,
    sign_count       bigint not null default 0,
    transports       jsonb not null default '[]',
    backup_eligible  boolean not null default false,
    backed_up        boolean not null default false,
    friendly_name    text not null default '',
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    last_used_at     timestamptz,
    constraint webauthn_credentials_pkey primary key (id)
);
create unique index if not exists webauthn_credentials_credential_id_key on auth.webauthn_credentials (credential_id);

create table if not exists auth.webauthn_challenges (
    id             uuid not null default gen_random_uuid(),
    user_id        uuid references auth.users (id) on delete cascade,
    challenge_type text not null check (challenge_type in ('signup', 'registration', 'authentication')),
    session_data   jsonb not null,
    created_at     timestamptz not null default now(),
    expires_at     timestamptz not null,
    constraint webauthn_challenges_pkey primary key (id)
);

alter table auth.sessions
    add column if not exists oauth_client_id uuid references auth.oauth_clients (id) on delete cascade,
    add column if not exists refresh_token_hmac_key text,
    add column if not exists refresh_token_counter bigint,
    add column if not exists scopes text;
alter table auth.mfa_factors add column if not exists last_webauthn_challenge_data jsonb;
alter table auth.flow_state
    add column if not exists invite_token text,
    add column if not exists referrer text,
    add column if not exists oauth_client_state_id uuid,
    add column if not exists linking_target_id uuid,
    add column if not exists email_optional boolean not null default false,
    alter column code_challenge drop not null,
    alter column code_challenge_method drop not null,
    alter column auth_code drop not null;

do $$
declare
    relation regclass;
begin
    for relation in select oid::regclass from pg_class where relnamespace = 'auth'::regnamespace and relkind = 'r'
        and relowner = 'supabase_admin'::regrole
    loop
        execute format('alter table %s owner to supabase_auth_admin', relation);
        execute format('alter table %s enable row level security', relation);
        execute format('grant all on %s to postgres, dashboard_user', relation);
    end loop;
end
$$;
