-- What was given up is counted for people who look at the queues; without this, all that was ever done is read for it.
create index deliveries_dead on deliveries (owner_id, queue) where state = 'dead';
