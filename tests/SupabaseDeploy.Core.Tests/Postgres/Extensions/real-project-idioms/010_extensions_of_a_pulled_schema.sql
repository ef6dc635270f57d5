SET statement_timeout = 0;
SET lock_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET client_min_messages = warning;
SET row_security = off;

CREATE EXTENSION IF NOT EXISTS "pg_cron" WITH SCHEMA "pg_catalog";
CREATE EXTENSION IF NOT EXISTS "pg_net" WITH SCHEMA "extensions" VERSION '0.7.1';
CREATE EXTENSION IF NOT EXISTS "pgsodium" WITH SCHEMA "pgsodium";
CREATE EXTENSION IF NOT EXISTS "pg_tle";
CREATE EXTENSION IF NOT EXISTS "pg_graphql" WITH SCHEMA "graphql";
CREATE EXTENSION IF NOT EXISTS "pg_stat_statements" WITH SCHEMA "extensions";
CREATE EXTENSION IF NOT EXISTS "pgcrypto" WITH SCHEMA "extensions";
CREATE EXTENSION IF NOT EXISTS "pgjwt" WITH SCHEMA "extensions";
CREATE EXTENSION IF NOT EXISTS "supabase_vault" WITH SCHEMA "vault";
CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA "extensions";
CREATE EXTENSION IF NOT EXISTS "vector" WITH SCHEMA "extensions";
COMMENT ON EXTENSION "vector" IS 'vector data type and ivfflat and hnsw access methods';

CREATE TABLE IF NOT EXISTS "public"."documents" (
    "id" bigint NOT NULL PRIMARY KEY,
    "embedding" "extensions"."vector"(3),
    "token" "uuid" DEFAULT "extensions"."uuid_generate_v4"()
);
ALTER TABLE "public"."documents" OWNER TO "postgres";
CREATE INDEX "documents_embedding_idx" ON "public"."documents" USING "hnsw" ("embedding" "extensions"."vector_cosine_ops") WITH ("m"='16', "ef_construction"='64');
CREATE INDEX documents_ivf ON public.documents USING ivfflat (embedding extensions.vector_l2_ops) WITH (lists = 100) WHERE (id > 0);

CREATE OR REPLACE FUNCTION "public"."match"("query" "extensions"."vector", "amount" integer) RETURNS SETOF bigint
    LANGUAGE "sql" STABLE AS $$
    select id from public.documents order by embedding operator(extensions.<=>) query limit amount;
$$;
GRANT USAGE ON SCHEMA "net" TO "anon", "authenticated", "service_role";
GRANT ALL ON FUNCTION "public"."match"("query" "extensions"."vector", "amount" integer) TO "anon";
ALTER PUBLICATION "supabase_realtime" OWNER TO "postgres";
ALTER PUBLICATION "supabase_realtime" ADD TABLE ONLY "public"."documents";
ALTER DEFAULT PRIVILEGES FOR ROLE "postgres" IN SCHEMA "public" GRANT ALL ON TABLES TO "anon";
RESET ALL;
