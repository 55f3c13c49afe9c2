// The dialogues of query_dialogues.h that one system alone has.
#pragma once

#include <vector>

#include "query_dialogues.h"

namespace sockwatch {

std::vector<QueryDialogue> postgresql_dialogues();
std::vector<QueryDialogue> mysql_dialogues();
std::vector<QueryDialogue> cache_dialogues();

}  // namespace sockwatch
