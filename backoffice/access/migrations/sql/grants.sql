-- Least privilege for the tables of sign-in and roles. The web process signs people in and keeps their sessions and settings; nobody but
-- the owner deletes accounts. Workers read roles only to say who could decide.
GRANT SELECT ON access_operator, access_operator_groups, access_operator_user_permissions, access_rolegrant TO countersign_web, countersign_worker;
-- Only what people change about themselves: web cannot make anybody a superuser or another person.
GRANT UPDATE (password, last_login, time_zone, theme, single_key_shortcuts) ON access_operator TO countersign_web;
GRANT SELECT ON auth_group, auth_group_permissions, auth_permission, django_content_type TO countersign_web, countersign_worker;
GRANT SELECT ON guardian_userobjectpermission, guardian_groupobjectpermission TO countersign_web, countersign_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON django_session TO countersign_web;
