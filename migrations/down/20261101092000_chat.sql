drop table public.chat_messages;
drop table public.chat_rooms;
