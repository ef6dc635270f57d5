insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types) values ('avatars', 'avatars', true, 1048576, '{image/png}') on conflict (id) do nothing;
create policy "Own avatar" on storage.objects for all to authenticated
    using (bucket_id = 'avatars' and (select auth.uid())::text = (storage.foldername(name))[1])
    with check (storage.extension(name) = 'png' and not storage.allow_only_operation('object.list'));
create trigger objects_delete_delete_prefix after delete on storage.objects for each row execute function storage.delete_prefix_hierarchy_trigger();
drop trigger if exists objects_insert_create_prefix on storage.objects;
revoke delete on table "storage"."buckets_analytics" from "anon";
revoke insert on table "storage"."prefixes" from "authenticated";
create trigger protect_objects_delete before delete on storage.objects for each statement execute function storage.protect_delete();
select * from storage.search('', 'avatars', 10, 1, 0, '', 'updated_at', 'desc');

insert into auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at, confirmation_token, email_change, email_change_token_new, recovery_token)
    values ('00000000-0000-0000-0000-000000000000', '11111111-1111-1111-1111-111111111111', 'authenticated', 'authenticated', 'a@example.org', crypt('password', gen_salt('bf')), now(), '{"provider": "email"}', '{}', now(), now(), '', '', '', '');
insert into auth.identities (id, user_id, provider_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
    values (gen_random_uuid(), '11111111-1111-1111-1111-111111111111', '11111111-1111-1111-1111-111111111111', '{"email": "a@example.org"}', 'email', now(), now(), now());
create policy "Auth admin reads" on auth.users for select to supabase_auth_admin using (true);
grant usage on schema public to supabase_auth_admin;
create policy "Rooms" on realtime.messages for select to authenticated using (realtime.topic() = 'room:' || auth.uid());
select realtime.send('{}'::jsonb, 'event', 'topic', false);
alter role authenticator set pgrst.db_pre_request = 'public.check_request';
alter role authenticator reset pgrst.db_pre_request;
alter database postgres set timezone to 'UTC';
set session_replication_role = replica;
