#include "postgres_scene.h"

int scene_open(void **state, const char *process)
{
    static struct scene scene;
    world_open(&scene.world, process);
    postgres_fixture_open(&scene.postgres, &scene.world);
    world_start(&scene.world, store_of_postgres(&scene.postgres.store), scene.postgres.store.router,
                scene.postgres.head);
    *state = &scene;
    return 0;
}

int scene_close(void **state)
{
    struct scene *s = *state;
    world_stop(&s->world);
    postgres_fixture_close(&s->postgres);
    world_close(&s->world);
    return 0;
}

void scene_script(struct scene *s, const char *sql)
{
    struct fault f;
    if (database_script(s->postgres.database, sql, &f) != FAULT_NONE)
        fail_msg("%s: %s", sql, f.text);
}
