-- Keeps the ticket $2 of the user with Cognito id $1, whose token ends at $3, and returns when it can no longer be used.
-- No row when no user has the Cognito id.
insert into live_tickets (hash, user_uuid, token_expires_at)
select
    sha256(convert_to($2, 'UTF8')),
    uuid,
    $3
from users
where cognito_user_id = $1
returning created_at + interval '60 seconds' as expires_at
