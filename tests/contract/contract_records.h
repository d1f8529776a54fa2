/* contract_records - the promises of plugins that write records. */
#ifndef TESTS_CONTRACT_CONTRACT_RECORDS_H
#define TESTS_CONTRACT_CONTRACT_RECORDS_H

/* Runs its tests; how many failed. */
int contract_records(void);

#endif
