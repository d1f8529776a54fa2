/* own - who frees a pointer, said where the pointer is declared.
 *
 *     OWN(query) query = query_make(...);   freed at the end of the block by query_free()
 *     return GIVE(query);                   handed on instead
 *
 * A type joins by `OWN_BY(query)` in its header, after `void query_free(struct query *)`.
 */
#ifndef HOST_BASE_OWN_H
#define HOST_BASE_OWN_H

#define OWN_BY(type)                                                           \
    __attribute__((unused)) static inline void type##_own(struct type **owned) \
    {                                                                          \
        type##_free(*owned);                                                   \
    }                                                                          \
    struct type

#define OWN(type) __attribute__((cleanup(type##_own))) struct type *

/* The pointer's value; the pointer itself is NULL afterwards. */
#define GIVE(pointer)                   \
    __extension__({                     \
        __auto_type given_ = (pointer); \
        (pointer) = NULL;               \
        given_;                         \
    })

#endif
