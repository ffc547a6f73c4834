-- Reference table: links that let somebody in once, to join or to choose a new password. A row goes when its link is used or taken back;
-- the audit log remembers it.
CREATE TABLE invitations (
    invitation_id BIGINT  NOT NULL,
    token_hash    {{key}} NOT NULL, -- SHA-256; the token itself is only in the link
    kind          {{key}} NOT NULL, -- join | password
    email         {{key}} NOT NULL,
    role          {{key}} NOT NULL, -- join: what he becomes
    user_id       BIGINT  NOT NULL, -- password: whose; otherwise 0
    epoch         BIGINT  NOT NULL, -- password: of the user when the link was made; a later password voids it
    made_by       BIGINT  NOT NULL, -- 0: the operator on the command line
    created_at    BIGINT  NOT NULL,
    expires_at    BIGINT  NOT NULL,
    CONSTRAINT invitations_pk PRIMARY KEY (invitation_id),
    CONSTRAINT invitations_token UNIQUE (token_hash)
);

-- A session is spoken of by an id of its own; the token's hash stays inside. Those begun before have none, so they end.
ALTER TABLE sessions ADD COLUMN session_id BIGINT NOT NULL DEFAULT 0;
DELETE FROM sessions;
