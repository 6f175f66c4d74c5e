//! The tables in types that both databases have.

diesel::table! {
    campaigns (id) {
        id -> BigInt,
        code -> Text,
        document -> Text,
        boundaries -> Nullable<Text>,
        revision -> BigInt,
        last_recorded_us -> BigInt,
        created_us -> BigInt,
        pin_id -> Nullable<BigInt>,
        freezes_us -> Nullable<BigInt>,
    }
}

diesel::table! {
    revisions (campaign_id, revision) {
        campaign_id -> BigInt,
        revision -> BigInt,
        recorded_us -> BigInt,
        what -> Text,
        touched -> Nullable<Text>,
    }
}

diesel::table! {
    units (campaign_id, unit_id) {
        campaign_id -> BigInt,
        unit_id -> BigInt,
        code -> Text,
        name -> Text,
        kind -> Text,
        parent_id -> Nullable<BigInt>,
        block -> Nullable<Text>,
        population -> Nullable<BigInt>,
        households -> Nullable<BigInt>,
        lat -> Nullable<Double>,
        lng -> Nullable<Double>,
    }
}

diesel::table! {
    neighbours (campaign_id, a_id, b_id) {
        campaign_id -> BigInt,
        a_id -> BigInt,
        b_id -> BigInt,
    }
}

diesel::table! {
    figures (campaign_id, unit_id, day, recorded_us) {
        campaign_id -> BigInt,
        unit_id -> BigInt,
        day -> Integer,
        recorded_us -> BigInt,
        community_f0 -> Integer,
        contained_f0 -> Nullable<Integer>,
        unknown_source_f0 -> Nullable<Integer>,
        high_risk_setting_f0 -> Nullable<Integer>,
        households_f0 -> Nullable<Integer>,
        linked_households_f0 -> Nullable<Integer>,
        note -> Nullable<Text>,
        reason -> Nullable<Text>,
        revision -> BigInt,
        withdrawn_us -> Nullable<BigInt>,
        withdrawn_reason -> Nullable<Text>,
    }
}

diesel::table! {
    source_figures (campaign_id, unit_id, day, source, recorded_us) {
        campaign_id -> BigInt,
        unit_id -> BigInt,
        day -> Integer,
        source -> Integer,
        recorded_us -> BigInt,
        community_f0 -> Integer,
        contained_f0 -> Nullable<Integer>,
        unknown_source_f0 -> Nullable<Integer>,
        high_risk_setting_f0 -> Nullable<Integer>,
        households_f0 -> Nullable<Integer>,
        linked_households_f0 -> Nullable<Integer>,
        note -> Nullable<Text>,
        reason -> Nullable<Text>,
        revision -> BigInt,
        withdrawn_us -> Nullable<BigInt>,
        withdrawn_reason -> Nullable<Text>,
    }
}

diesel::table! {
    excuses (campaign_id, unit_id, day, recorded_us) {
        campaign_id -> BigInt,
        unit_id -> BigInt,
        day -> Integer,
        recorded_us -> BigInt,
        reason -> Text,
        revision -> BigInt,
        withdrawn_us -> Nullable<BigInt>,
        withdrawn_reason -> Nullable<Text>,
    }
}

diesel::table! {
    unit_states (campaign_id, unit_id, recorded_us) {
        campaign_id -> BigInt,
        unit_id -> BigInt,
        recorded_us -> BigInt,
        state -> Text,
        reason -> Text,
        revision -> BigInt,
    }
}

diesel::table! {
    start_levels (campaign_id, unit_id, recorded_us) {
        campaign_id -> BigInt,
        unit_id -> BigInt,
        recorded_us -> BigInt,
        level -> Text,
        reason -> Text,
        revision -> BigInt,
        withdrawn_us -> Nullable<BigInt>,
        withdrawn_reason -> Nullable<Text>,
    }
}

diesel::table! {
    adjustments (campaign_id, adjustment_id) {
        campaign_id -> BigInt,
        adjustment_id -> BigInt,
        unit_id -> BigInt,
        recorded_us -> BigInt,
        kind -> Text,
        points_hundredths -> BigInt,
        reason -> Text,
        revision -> BigInt,
        withdrawn_us -> Nullable<BigInt>,
        withdrawn_reason -> Nullable<Text>,
    }
}

diesel::table! {
    criteria (campaign_id, kind, code, recorded_us) {
        campaign_id -> BigInt,
        kind -> Text,
        code -> Text,
        recorded_us -> BigInt,
        name_vi -> Nullable<Text>,
        name_en -> Nullable<Text>,
        value_type -> Nullable<Text>,
        weight_millionths -> BigInt,
        required -> Nullable<Bool>,
        due -> Nullable<Integer>,
        max_points_hundredths -> Nullable<BigInt>,
        evidence -> Nullable<Text>,
        revision -> BigInt,
        withdrawn_us -> Nullable<BigInt>,
        withdrawn_reason -> Nullable<Text>,
    }
}

diesel::table! {
    assessments (campaign_id, unit_id, criterion, about_day, recorded_us) {
        campaign_id -> BigInt,
        unit_id -> BigInt,
        criterion -> Text,
        about_day -> Integer,
        recorded_us -> BigInt,
        value_hundredths -> Integer,
        verified -> Bool,
        evidence -> Nullable<Text>,
        revision -> BigInt,
        given_hundredths -> Nullable<BigInt>,
        status -> Nullable<Text>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    declared_levels (campaign_id, unit_id, from_day, recorded_us) {
        campaign_id -> BigInt,
        unit_id -> BigInt,
        from_day -> Integer,
        recorded_us -> BigInt,
        level -> Text,
        reason -> Nullable<Text>,
        revision -> BigInt,
        withdrawn_us -> Nullable<BigInt>,
        withdrawn_reason -> Nullable<Text>,
    }
}

diesel::table! {
    lifetimes (campaign_id, unit_id, recorded_us) {
        campaign_id -> BigInt,
        unit_id -> BigInt,
        recorded_us -> BigInt,
        opens -> Nullable<Integer>,
        closes -> Nullable<Integer>,
        successors -> Text,
        reason -> Text,
        revision -> BigInt,
        withdrawn_us -> Nullable<BigInt>,
        withdrawn_reason -> Nullable<Text>,
    }
}

diesel::table! {
    flag_answers (campaign_id, unit_id, rule, day, fingerprint, recorded_us) {
        campaign_id -> BigInt,
        unit_id -> BigInt,
        rule -> Text,
        day -> Integer,
        fingerprint -> Text,
        recorded_us -> BigInt,
        answer -> Text,
        verdict -> Text,
        closes -> Bool,
        author -> Text,
        numbers -> Text,
        revision -> BigInt,
        withdrawn_us -> Nullable<BigInt>,
        withdrawn_reason -> Nullable<Text>,
        withdrawn_revision -> Nullable<BigInt>,
    }
}

diesel::table! {
    policies (campaign_id, version) {
        campaign_id -> BigInt,
        version -> BigInt,
        recorded_us -> BigInt,
        known_us -> BigInt,
        revision -> BigInt,
        author -> Nullable<Text>,
        reason -> Nullable<Text>,
        legal_reference -> Nullable<Text>,
        document -> Text,
    }
}

diesel::table! {
    approvals (campaign_id, number) {
        campaign_id -> BigInt,
        number -> BigInt,
        what -> Text,
        payload -> Text,
        base -> Nullable<Text>,
        requested_by -> Text,
        requested_us -> BigInt,
        reason -> Nullable<Text>,
        state -> Text,
        decided_by -> Nullable<Text>,
        decided_us -> Nullable<BigInt>,
        decided_reason -> Nullable<Text>,
        revision -> Nullable<BigInt>,
    }
}

diesel::table! {
    award_decisions (campaign_id, decision_id) {
        campaign_id -> BigInt,
        decision_id -> BigInt,
        award -> Text,
        block -> Nullable<Text>,
        day -> Integer,
        tied -> Text,
        winners -> Text,
        reason -> Text,
        author -> Text,
        recorded_us -> BigInt,
        revision -> BigInt,
        withdrawn_us -> Nullable<BigInt>,
        withdrawn_reason -> Nullable<Text>,
        withdrawn_revision -> Nullable<BigInt>,
    }
}

diesel::table! {
    approval_days (campaign_id, number, unit_id, day) {
        campaign_id -> BigInt,
        number -> BigInt,
        unit_id -> BigInt,
        day -> Integer,
        standing_us -> Nullable<BigInt>,
    }
}

diesel::table! {
    day_closings (campaign_id, day) {
        campaign_id -> BigInt,
        day -> Integer,
        closed_us -> BigInt,
        actor -> Text,
        reason -> Nullable<Text>,
        on_time -> BigInt,
        late -> BigInt,
        missing -> BigInt,
        excused -> BigInt,
    }
}

diesel::table! {
    webhooks (campaign_id, webhook_id) {
        campaign_id -> BigInt,
        webhook_id -> Text,
        url -> Text,
        events -> Text,
        secret -> Text,
        created_by -> Text,
        created_us -> BigInt,
    }
}

diesel::table! {
    webhook_deliveries (campaign_id, delivery_id) {
        campaign_id -> BigInt,
        delivery_id -> Text,
        webhook_id -> Text,
        event -> Text,
        day -> Nullable<Integer>,
        body -> Text,
        created_us -> BigInt,
        state -> Text,
        attempts -> Integer,
        due_us -> BigInt,
        last_status -> Nullable<Integer>,
        last_error -> Nullable<Text>,
        ended_us -> Nullable<BigInt>,
    }
}

diesel::table! {
    imports (campaign_id, import_id) {
        campaign_id -> BigInt,
        import_id -> BigInt,
        recorded_us -> BigInt,
        actor -> Text,
        what -> Text,
        new_rows -> BigInt,
        changed_rows -> BigInt,
        same_rows -> BigInt,
        units -> BigInt,
        days -> BigInt,
        revision -> BigInt,
        undone_us -> Nullable<BigInt>,
        undone_by -> Nullable<Text>,
        undone_reason -> Nullable<Text>,
        undone_revision -> Nullable<BigInt>,
    }
}

diesel::table! {
    results (campaign_id, issue) {
        campaign_id -> BigInt,
        issue -> BigInt,
        created_us -> BigInt,
        author -> Text,
        reason -> Text,
        overrides -> Text,
        revision -> BigInt,
        known_us -> BigInt,
        as_of -> Integer,
        default_kind -> Text,
        program -> Text,
        archive -> BigInt,
        against -> Nullable<BigInt>,
        whole_sha256 -> Text,
        public_sha256 -> Text,
        revoked_us -> Nullable<BigInt>,
        revoked_by -> Nullable<Text>,
        revoked_reason -> Nullable<Text>,
    }
}

diesel::table! {
    result_parts (campaign_id, issue, audience, part) {
        campaign_id -> BigInt,
        issue -> BigInt,
        audience -> Text,
        part -> Text,
        bytes -> Binary,
    }
}

diesel::table! {
    archives (campaign_id, archive_id) {
        campaign_id -> BigInt,
        archive_id -> BigInt,
        sha256 -> Text,
        revision -> BigInt,
        known_us -> BigInt,
        created_us -> BigInt,
        document -> Text,
        pack -> Binary,
        facts -> Binary,
    }
}

diesel::table! {
    pins (campaign_id, pin_id) {
        campaign_id -> BigInt,
        pin_id -> BigInt,
        status -> Text,
        issue -> Nullable<BigInt>,
        from_us -> Nullable<BigInt>,
        archive_id -> Nullable<BigInt>,
        revision -> Nullable<BigInt>,
        pinned_us -> Nullable<BigInt>,
        reason -> Text,
        author -> Text,
        created_us -> BigInt,
        lifted_us -> Nullable<BigInt>,
        lifted_by -> Nullable<Text>,
        lifted_reason -> Nullable<Text>,
    }
}

diesel::table! {
    appeals (campaign_id, number) {
        campaign_id -> BigInt,
        number -> BigInt,
        unit_id -> BigInt,
        words -> Text,
        about_day -> Nullable<Integer>,
        about_what -> Nullable<Text>,
        lodged_by -> Text,
        on_behalf -> Bool,
        lodged_us -> BigInt,
        revision -> BigInt,
        board_day -> Nullable<Integer>,
        place -> Nullable<Text>,
        state -> Text,
        withdrawn_by -> Nullable<Text>,
        withdrawn_us -> Nullable<BigInt>,
        withdrawn_reason -> Nullable<Text>,
    }
}

diesel::table! {
    appeal_answers (campaign_id, number, version) {
        campaign_id -> BigInt,
        number -> BigInt,
        version -> BigInt,
        state -> Text,
        words -> Text,
        reason -> Nullable<Text>,
        corrections -> Text,
        author -> Text,
        answered_us -> BigInt,
        revision -> BigInt,
        effect -> Nullable<Text>,
        effect_within -> Nullable<Text>,
    }
}

diesel::table! {
    idempotency_keys (caller, idempotency_key) {
        caller -> Text,
        idempotency_key -> Text,
        fingerprint -> Text,
        status -> Integer,
        revision -> BigInt,
        body -> Binary,
        etag -> Nullable<Text>,
        location -> Nullable<Text>,
        created_us -> BigInt,
    }
}

diesel::table! {
    accounts (username) {
        username -> Text,
        display_name -> Text,
        role -> Text,
        campaign -> Nullable<Text>,
        unit -> Nullable<Text>,
        is_active -> Bool,
        generation -> BigInt,
        password_hash -> Nullable<Text>,
        reset_code_hash -> Nullable<Text>,
        reset_code_until_us -> Nullable<BigInt>,
        created_us -> BigInt,
        changed_us -> BigInt,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        username -> Text,
        created_us -> BigInt,
        until_us -> BigInt,
    }
}

diesel::table! {
    refresh_tokens (hash) {
        hash -> Text,
        session_id -> Text,
        until_us -> BigInt,
        spent_us -> Nullable<BigInt>,
    }
}

diesel::table! {
    api_tokens (id) {
        id -> Text,
        name -> Text,
        role -> Text,
        campaign -> Nullable<Text>,
        unit -> Nullable<Text>,
        secret_hash -> Text,
        created_by -> Text,
        created_us -> BigInt,
        until_us -> BigInt,
        revoked_us -> Nullable<BigInt>,
    }
}

diesel::table! {
    audit_entries (chain, number) {
        chain -> Text,
        number -> BigInt,
        at_us -> BigInt,
        actor -> Text,
        role -> Text,
        origin -> Text,
        request_id -> Nullable<Text>,
        action -> Text,
        target -> Text,
        before -> Nullable<Text>,
        after -> Nullable<Text>,
        previous_hash -> Text,
        hash -> Text,
    }
}

diesel::table! {
    audit_heads (chain) {
        chain -> Text,
        number -> BigInt,
        hash -> Text,
    }
}

diesel::joinable!(sessions -> accounts (username));
diesel::joinable!(refresh_tokens -> sessions (session_id));
diesel::allow_tables_to_appear_in_same_query!(approvals, approval_days);
diesel::joinable!(webhook_deliveries -> campaigns (campaign_id));
diesel::allow_tables_to_appear_in_same_query!(webhook_deliveries, campaigns);
diesel::allow_tables_to_appear_in_same_query!(accounts, sessions, refresh_tokens);
