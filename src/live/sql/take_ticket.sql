-- Takes the ticket $1, so that it cannot be used again, and returns its user and when the user's token ends. No row when
-- it has been used, is older than 60 seconds or was never given.
delete from live_tickets
where hash = sha256(convert_to($1, 'UTF8'))
    and created_at > now() - interval '60 seconds'
returning
    user_uuid,
    token_expires_at
